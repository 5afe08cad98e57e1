import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import { openPostgresMigrations, type MigrationConnection, type PgliteDatabase } from '@devmesh/infrastructure';
import { openTestEngines } from '@devmesh/testkit';
import { readMeshConfig } from '../../../apps/devmesh/config.ts';
import { startMesh, type Mesh } from '../../../apps/devmesh/mesh.ts';
import { meshEnvironment } from '../../mesh/process.ts';
import type { Ground, Instance, Party } from './instance.ts';

const run = promisify(execFile);

/** Starts a mesh of its own with two organizations; on the engines of DATABASE_URL and REDIS_URL, else embedded. */
export async function startInstance(): Promise<Instance> {
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-prove-'));
  const repository = await makeRepository(join(folder, 'repository'), 'Only a file to index.');
  const words = `zanzibar ${newId()}`;
  const secret = await makeRepository(join(folder, 'secret'), words);
  const engines = await openTestEngines();
  const environment = {
    ...process.env,
    ...meshEnvironment(folder),
    REPOSITORY_ROOTS: folder,
    REQUESTS_PER_MINUTE: '1000000',
    ORGANIZATION_REQUESTS_PER_MINUTE: '1000000',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
    ...engines.variables,
  };
  const mesh = await startMesh(readMeshConfig(environment));
  return {
    apiUrl: mesh.apiUrl,
    edgeUrl: mesh.edgeUrl,
    mockUrl: mesh.mockUrl,
    repository,
    secretRepository: { folder: secret, words },
    a: await register(mesh),
    b: await register(mesh),
    ground: groundOf(mesh, engines.variables['DATABASE_URL']),
    close: async () => {
      await mesh.stop();
      await engines.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An instance that runs already, with the keys of two organizations that may be written to. */
export function reachInstance(options: {
  readonly url: string;
  readonly mcpUrl: string | undefined;
  readonly keys: readonly [a: string, b: string];
}): Promise<Instance> {
  return reach(options);
}

async function reach(options: Parameters<typeof reachInstance>[0]): Promise<Instance> {
  const party = async (key: string): Promise<Party> => {
    const { organization } = await createClient({ baseUrl: options.url, key }).identity.whoAmI();
    return { key, organizationId: organization.id };
  };
  const [a, b] = options.keys;
  return {
    apiUrl: options.url,
    edgeUrl: options.mcpUrl,
    mockUrl: undefined,
    repository: undefined,
    secretRepository: undefined,
    a: await party(a),
    b: await party(b),
    ground: undefined,
    close: () => Promise.resolve(),
  };
}

async function makeRepository(repository: string, words: string): Promise<string> {
  await mkdir(repository);
  await writeFile(join(repository, 'readme.md'), `# Nothing to see\n\n${words}\n`);
  const git = (...args: string[]) => run('git', ['-C', repository, ...args]);
  await git('init', '--quiet');
  await git('add', '.');
  await git('-c', 'user.name=prove', '-c', 'user.email=prove@example.org', 'commit', '--quiet', '-m', 'Begin');
  return repository;
}

/** Both organizations have the same name; only the slug, which nobody else can have, tells them apart. */
async function register(mesh: Pick<Mesh, 'apiUrl'>): Promise<Party> {
  const client = createClient({ baseUrl: mesh.apiUrl });
  const body = { slug: `org-${newId()}`, name: 'Acme' };
  const { organization, adminKey } = await client.identity.registerOrganization({ body });
  return { organizationId: organization.id, key: adminKey.token };
}

function groundOf({ platform }: Mesh, url: string | undefined): Ground {
  const open = (): Promise<MigrationConnection> =>
    url === undefined ? (platform.database as PgliteDatabase).migrationConnection() : openPostgresMigrations(url);
  return {
    platform,
    inspect: async (work) => {
      const connection = await open();
      try {
        return await work(connection);
      } finally {
        await connection.close();
      }
    },
  };
}
