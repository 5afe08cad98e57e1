import { authorizeCall, type CallAuthorization } from '../credentials/authorizer.ts';
import { anonymous } from '../credentials/credential.ts';
import type { SourceCall } from '../calling/source.ts';
import type { ToolsOptions } from '../options.ts';
import type { UpstreamCredentials } from './authorized-fetch.ts';
import type { ReachableRow } from './store.ts';

/** How long a credential is used before it is looked at again: tokens are renewed meanwhile. */
const freshMilliseconds = 20_000;

type Caller = Pick<SourceCall, 'principal' | 'handedOver'>;

/** What a program authenticates with is in its environment. */
const ofPrograms: UpstreamCredentials = {
  current: () => Promise.resolve(anonymous),
  renew: () => Promise.resolve(false),
  traces: () => [],
};

/** The credential of one caller for one server, kept up to date for as long as a connection lives. */
export function createUpstreamCredentials(
  options: Pick<ToolsOptions, 'database' | 'vault' | 'connections' | 'settings' | 'clock'>,
  row: ReachableRow,
  { principal, handedOver }: Caller,
): UpstreamCredentials {
  if (row.transport === 'stdio') return ofPrograms;
  let held: { readonly authorized: CallAuthorization; readonly at: number } | undefined;
  const traces = new Set<string>();
  const keep = (authorized: CallAuthorization): CallAuthorization => {
    for (const trace of authorized.authorization.traces) traces.add(trace);
    held = { authorized, at: Date.now() };
    return authorized;
  };
  const authorize = async (): Promise<CallAuthorization> => {
    if (held !== undefined && held.at + freshMilliseconds > Date.now()) return held.authorized;
    const named = { ...row, name: row.service };
    return keep(await authorizeCall(options, { principal, row: named, handedOver }));
  };
  return {
    current: async () => (await authorize()).authorization,
    renew: async () => {
      const next = await (await authorize()).renew?.();
      if (next === undefined) return false;
      keep(next);
      return true;
    },
    traces: () => [...traces],
  };
}

/** Whose credential a call uses: calls of one owner may share a connection. */
export function ownerOf(row: ReachableRow, { principal, handedOver }: Caller): string {
  const given = handedOver.find(({ service }) => service === row.service);
  if (given !== undefined) return `given ${given.scheme} ${given.token}`;
  return row.personal ? `user ${principal.userId ?? ''}` : 'organization';
}
