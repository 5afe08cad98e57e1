import { MeshError, type Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { SourceCall } from '../calling/source.ts';
import type { ToolsOptions } from '../options.ts';
import type { UpstreamAddress, UpstreamTransport } from './address.ts';
import { createUpstreamCredentials, ownerOf } from './credentials.ts';
import { environmentPlace } from './sealed-environment.ts';
import type { ReachableRow } from './store.ts';
import { targetKey, type UpstreamTarget } from './target.ts';

type Caller = Pick<SourceCall, 'principal' | 'handedOver'>;

/** A stored server as a caller reaches it: where it is, and the credential that the caller's requests have. */
export async function targetOf(
  tx: Tx,
  options: Pick<ToolsOptions, 'database' | 'vault' | 'connections' | 'settings' | 'clock'>,
  row: ReachableRow,
  caller: Caller,
): Promise<UpstreamTarget> {
  return targetAt(options, row, caller, await addressOf(tx, options, row, caller.principal.tenantId));
}

/** The same of a server that is reached over the network, which needs nothing of the database. */
export function remoteTargetOf(
  options: Pick<ToolsOptions, 'database' | 'vault' | 'connections' | 'settings' | 'clock'>,
  row: ReachableRow & { readonly transport: Exclude<UpstreamTransport, 'stdio'> },
  caller: Caller,
): UpstreamTarget {
  return targetAt(options, row, caller, { transport: row.transport, url: row.baseUrl });
}

function targetAt(
  options: Pick<ToolsOptions, 'database' | 'vault' | 'connections' | 'settings' | 'clock'>,
  row: ReachableRow,
  caller: Caller,
  address: UpstreamAddress,
): UpstreamTarget {
  const { tenantId } = caller.principal;
  const { toolId, service } = row;
  const key = targetKey({
    tenantId,
    toolId,
    address,
    owner: ownerOf(row, caller),
    credentialVersion: row.credentialVersion,
  });
  return { tenantId, toolId, service, address, key, credentials: createUpstreamCredentials(options, row, caller) };
}

/** Whether a server spoke a revision without sessions when it was last seen. */
export function isModern({ protocolVersion }: Pick<ReachableRow, 'protocolVersion'>): boolean {
  return protocolVersion !== null && protocolVersion >= '2026-07-28';
}

async function addressOf(
  tx: Tx,
  { vault }: Pick<ToolsOptions, 'vault'>,
  row: ReachableRow,
  tenantId: string,
): Promise<UpstreamAddress> {
  const { transport, baseUrl, command, workingDirectory, sealedEnvironment } = row;
  if (transport !== 'stdio') return { transport, url: baseUrl };
  if (command === null) throw new MeshError('internal', 'A program has no command.');
  const place = environmentPlace({ tenantId, toolId: row.toolId });
  const environment = sealedEnvironment === null ? {} : environmentOf(await vault.open(tx, place, sealedEnvironment));
  return { transport, command, args: row.arguments, cwd: workingDirectory ?? undefined, environment };
}

function environmentOf(secret: Secret): Record<string, string> {
  return JSON.parse(secret.open()) as Record<string, string>;
}
