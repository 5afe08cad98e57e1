import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import { openTestEngines } from '@devmesh/testkit';
import { readMeshConfig } from '../../apps/devmesh/config.ts';
import { startMesh, type Mesh } from '../../apps/devmesh/mesh.ts';
import { meshEnvironment } from './process.ts';

/** A mesh of its own for a test file: free ports, own data, open for registration; on real engines where they are configured. */
export interface TestMesh {
  readonly mesh: Mesh;
  /** Registers an organization; a client under its admin key. */
  register(): Promise<{ readonly client: Client; readonly key: string; readonly organizationId: string }>;
  close(): Promise<void>;
}

/** Starts a test mesh; `variables` are what its operator sets besides. */
export async function openTestMesh(variables: Readonly<Record<string, string>> = {}): Promise<TestMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-test-'));
  const engines = await openTestEngines();
  const environment = { ...process.env, ...meshEnvironment(folder), ...engines.variables, ...variables };
  const mesh = await startMesh(readMeshConfig(environment));
  return {
    mesh,
    register: () => register(mesh),
    close: async () => {
      await mesh.stop();
      await engines.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Registers an organization over the API. */
export async function register(mesh: Pick<Mesh, 'apiUrl'>) {
  const { organization, adminKey } = await createClient({ baseUrl: mesh.apiUrl }).identity.registerOrganization({
    body: { slug: `org-${newId()}`, name: 'Acme' },
  });
  const client = createClient({ baseUrl: mesh.apiUrl, key: adminKey.token });
  return { client, key: adminKey.token, organizationId: organization.id };
}
