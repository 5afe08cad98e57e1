import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { ProtocolError, ResourceNotFoundError } from '@modelcontextprotocol/client';
import type { Principal } from '../../identity/index.ts';
import type { SourceCall } from '../calling/source.ts';
import { cleanText } from './clean-text.ts';
import type { UpstreamConnection } from './connection.ts';
import { invalidParams, upstreamFailure } from './failure.ts';
import { nameUris } from './name-uris.ts';
import { offeringResource } from './offering-resource.ts';
import { viewOf, type OfferingView } from './offering-view.ts';
import type { UpstreamOptions } from './options.ts';
import type { Provenance } from './present-result.ts';
import { targetOf } from './reach.ts';
import { selectReachableByName, type ReachableRow } from './store.ts';

/** Who asks a server for something that is no tool. */
export type Asking = Pick<SourceCall, 'principal' | 'handedOver' | 'signal' | 'set' | 'input'>;

/** Finds something under the name that its asker sees. */
export function find<Found>(
  { database }: UpstreamOptions,
  { principal, set }: Pick<Asking, 'principal' | 'set'>,
  look: (tx: Tx, view: OfferingView) => Promise<Found>,
): Promise<Found> {
  return database.tenant(principal.tenantId, async (tx) => look(tx, await viewOf(tx, set)));
}

/** What is there to ask a server with. */
interface Asked {
  readonly connection: UpstreamConnection;
  readonly signal: { readonly signal?: AbortSignal };
  /** Both asked for after the answer: only then are all forms of the credential known, and the addresses in it. */
  readonly traces: () => readonly string[];
  readonly provenance: (answer: unknown) => Promise<Provenance>;
}

type Work<Result> = (asked: Asked) => Promise<Result>;

/** Asks a server of that name, under the credential of who asks. */
export async function askServer<Result>(
  options: UpstreamOptions,
  asking: Asking,
  service: string,
  work: Work<Result>,
): Promise<Result> {
  const { principal, signal } = asking;
  const row = await findServer(options, principal, service);
  const target = await options.database.tenant(principal.tenantId, (tx) => targetOf(tx, options, row, asking));
  const given = signal === undefined ? {} : { signal };
  try {
    return await options.pool.together(target, (connection, { credentials }) =>
      work({
        connection,
        signal: given,
        traces: () => credentials.traces(),
        provenance: async (answer) => ({
          uriOf: await nameUris(options, { tenantId: principal.tenantId, service, set: asking.set }, answer),
          traces: credentials.traces(),
        }),
      }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (isRefusal(error)) throw refusal(error, service);
    throw upstreamFailure(error, service);
  }
}

function isRefusal(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError && error.code === invalidParams && !(error instanceof ResourceNotFoundError);
}

/** What the server has against the values that it was given. */
function refusal({ message }: ProtocolError, service: string): MeshError {
  return new MeshError('invalid_request', `${service} refused the request: ${cleanText(message, 500)}`);
}

/** The server of a name, where the principal may use what it offers; otherwise as if there were none. */
export async function findServer(
  { database, policy }: UpstreamOptions,
  principal: Principal,
  service: string,
): Promise<ReachableRow> {
  const row = await database.tenant(principal.tenantId, (tx) => selectReachableByName(tx, service));
  const [allowed] =
    row === undefined
      ? []
      : await policy.filter(principal, [row], (one) => ({ resource: offeringResource(one, 'resources') }));
  if (allowed === undefined) throw new MeshError('not_found', `There is no MCP server ${service}.`);
  return allowed;
}
