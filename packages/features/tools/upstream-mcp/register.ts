import { MeshError, Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../../identity/index.ts';
import type { Vault } from '../../vault/index.ts';
import { checkCredential } from '../credentials/check-credential.ts';
import type { Credential } from '../credentials/credential.ts';
import { storeCredential } from '../credentials/sealed-credential.ts';
import { deleteTool } from '../store.ts';
import { baseUrlOf, type UpstreamAddress } from './address.ts';
import type { UpstreamOptions } from './options.ts';
import { lookAt, type Looked } from './refresh.ts';
import { environmentPlace } from './sealed-environment.ts';
import { checkProgram } from './stdio/program.ts';
import { insertUpstream } from './store.ts';

/** A server to be registered. */
export interface McpRegistration {
  readonly name: string;
  readonly address: UpstreamAddress;
  readonly credential?: Credential | undefined;
}

/** Failures that say that the address can never be used, so that nothing of it is kept. */
const hopeless: ReadonlySet<string> = new Set(['address_refused', 'invalid_request', 'forbidden']);

/**
 * Registers a server and looks at it at once. One that cannot be reached now is kept and shown as failed with the reason; one
 * whose address is refused is not. Answers the id.
 */
export async function registerUpstream(
  options: UpstreamOptions,
  principal: Principal,
  registration: McpRegistration,
  signal?: AbortSignal,
): Promise<{ readonly toolId: string; readonly looked: Looked }> {
  const { address, credential } = registration;
  checkAddress(options, registration);
  if (credential !== undefined) checkCredential(credential);
  const { tenantId } = principal;
  const toolId = options.newId();
  await options.catalogue.change(tenantId, () => insert(options, principal, { ...registration, toolId }));
  const looked = await lookAt(options, { tenantId, toolId, signal }).catch(async (error: unknown) => {
    await withdraw(options, principal, toolId);
    throw error;
  });
  if (looked.failure !== undefined && hopeless.has(looked.failure.code) && address.transport !== 'stdio') {
    await withdraw(options, principal, toolId);
    throw looked.failure;
  }
  return { toolId, looked };
}

function checkAddress({ stdio }: UpstreamOptions, { address, credential }: McpRegistration): void {
  if (address.transport === 'stdio') {
    checkProgram(address, stdio);
    if (credential !== undefined) {
      throw refusal('credential', 'is for servers on the network; give a program what it needs in env');
    }
    return;
  }
  const { protocol, username, password, hash } = new URL(address.url);
  const wanted = address.transport === 'websocket' ? ['ws:', 'wss:'] : ['http:', 'https:'];
  if (!wanted.includes(protocol)) throw refusal('url', `must begin with ${wanted.join(' or ')}`);
  if (username !== '' || password !== '') throw refusal('url', 'must not hold a password; give it as the credential');
  if (hash !== '') throw refusal('url', 'must not have a fragment');
}

function refusal(field: string, message: string): MeshError {
  return new MeshError('invalid_request', `The ${field} ${message}.`, { issues: [{ path: `body.${field}`, message }] });
}

async function insert(
  options: UpstreamOptions,
  principal: Principal,
  { toolId, name, address, credential }: McpRegistration & { readonly toolId: string },
): Promise<void> {
  const { database, vault, audit, events } = options;
  const { tenantId } = principal;
  const baseUrl = baseUrlOf(address);
  await database.tenant(tenantId, async (tx) => {
    const inserted = await insertUpstream(tx, {
      toolId,
      name,
      baseUrl,
      userId: principal.userId ?? null,
      ...(await storedAddress(tx, vault, { tenantId, toolId, address })),
    });
    if (!inserted) throw new MeshError('conflict', `There is a service "${name}" already.`);
    if (credential !== undefined) await storeCredential(tx, options, { tenantId, toolId, baseUrl }, credential);
    const detail = { name, transport: address.transport, server: baseUrl };
    await audit.record(tx, { actor: actorOf(principal), action: 'tools.registerMcp', subject: toolId, detail });
    await events.publish(tx, {
      type: 'tool.imported',
      subjectId: toolId,
      summary: `The MCP server ${name} was registered`,
      data: { name, transport: address.transport },
    });
  });
}

/** Takes back a registration that came to nothing. */
async function withdraw(
  { catalogue, database, audit }: UpstreamOptions,
  principal: Principal,
  toolId: string,
): Promise<void> {
  await catalogue.change(principal.tenantId, () =>
    database.tenant(principal.tenantId, async (tx) => {
      const name = await deleteTool(tx, toolId);
      const actor = actorOf(principal);
      await audit.record(tx, {
        actor,
        action: 'tools.registerMcp',
        subject: toolId,
        outcome: 'failed',
        detail: { name },
      });
    }),
  );
}

interface Addressed {
  readonly tenantId: string;
  readonly toolId: string;
  readonly address: UpstreamAddress;
}

/** An address as it is stored: what a program finds in its environment is sealed. */
async function storedAddress(tx: Tx, vault: Vault, { tenantId, toolId, address }: Addressed) {
  const { transport } = address;
  if (transport !== 'stdio') {
    const nothing = { command: null, arguments: [], workingDirectory: null, sealedEnvironment: null };
    return { transport, sourceUrl: address.url, ...nothing };
  }
  const { command, args, cwd = null, environment } = address;
  const secret = new Secret(JSON.stringify(environment));
  const sealedEnvironment = await vault.seal(tx, environmentPlace({ tenantId, toolId }), secret);
  return { transport, sourceUrl: null, command, arguments: args, workingDirectory: cwd, sealedEnvironment };
}
