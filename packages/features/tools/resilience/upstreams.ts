import type { Clock, Telemetry } from '@devmesh/foundation';
import type { GuardedResponse } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import { createBulkhead } from './bulkhead.ts';
import { createCircuit } from './circuit.ts';
import { createFlights } from './flights.ts';
import { keepingOf, type Keeping } from './freshness.ts';
import { failureOfWrite } from './lost-answer.ts';
import { createReadStore, type KeptRead } from './read-store.ts';
import type { ExecutionSettings } from './settings.ts';
import { sendWithTries, type SendOnce, type UpstreamHost } from './upstream-host.ts';

/**
 * What sending a call does: a `read` changes nothing; a `repeatable` one does no more when it is sent twice; one to send `once`
 * is never sent again by us.
 */
export type Effect = 'read' | 'repeatable' | 'once';

/** One call of a host. */
export interface UpstreamCall {
  readonly tenantId: string;
  readonly url: string;
  readonly effect: Effect;
  /** Of a read whose answer may be shared with whoever asks the very same: all that makes it the same. */
  readonly readKey?: string | undefined;
  readonly settings: ExecutionSettings;
  readonly signal?: AbortSignal | undefined;
}

/** Keeps broken and slow services from holding up their callers, and asks nothing twice at once. */
export interface Upstreams {
  /**
   * Sends a call. Throws `unavailable`, and nothing was sent, where the host is left alone or has too many calls; a failure of
   * what is no read says whether it may have happened. An HTTP error is an answer.
   */
  send(call: UpstreamCall, send: SendOnce): Promise<GuardedResponse>;
}

interface UpstreamsOptions {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random?: () => number;
}

const mostHosts = 5_000;

type Reads = ReturnType<typeof createReads>;
type Sending = (
  call: UpstreamCall,
  headers: Readonly<Record<string, string>>,
  send: SendOnce,
) => Promise<GuardedResponse>;

/** Builds it; the least used hosts are forgotten first. */
export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { telemetry, clock, random = Math.random } = options;
  const hosts = new LRUCache<string, UpstreamHost>({ max: mostHosts });
  const hostOf = ({ tenantId, url }: UpstreamCall): UpstreamHost => {
    const { host: name } = new URL(url);
    const key = `${tenantId} ${name}`;
    const known = hosts.get(key);
    if (known !== undefined) return known;
    const onOpen = (): void => telemetry.metrics.count('devmesh_tool_circuits_opened_total');
    const host = { circuit: createCircuit({ name, clock, onOpen }), bulkhead: createBulkhead(name) };
    hosts.set(key, host);
    return host;
  };
  const onRetry = (): void => telemetry.metrics.count('devmesh_tool_retries_total');
  const sending: Sending = (call, headers, send) => {
    const { settings, effect, signal = new AbortController().signal } = call;
    const repeatable = effect !== 'once';
    const tries = { host: hostOf(call), settings, repeatable, headers, signal, clock, random, onRetry };
    return sendWithTries(tries, send);
  };
  const reads = createReads({ ...options, sending });
  return {
    send: (call, send) => (call.effect === 'read' ? reads.read(call, send) : write(reads, sending, { call, send })),
  };
}

interface Write {
  readonly call: UpstreamCall;
  readonly send: SendOnce;
}

/** What was read before a write, or during it, is not given to who asks after it. */
async function write(reads: Reads, sending: Sending, { call, send }: Write): Promise<GuardedResponse> {
  const { origin } = new URL(call.url);
  reads.forget(call.tenantId, origin);
  try {
    return await sending(call, {}, send);
  } catch (error) {
    throw failureOfWrite(error);
  } finally {
    reads.forget(call.tenantId, origin);
  }
}

interface ReadsOptions extends UpstreamsOptions {
  readonly sending: Sending;
}

function createReads({ telemetry, clock, sending }: ReadsOptions) {
  const store = createReadStore();
  const flights = createFlights();
  const count = (how: 'kept' | 'joined' | 'revalidated'): void =>
    telemetry.metrics.count('devmesh_tool_reads_saved_total', { how });
  const ask = async (call: SharedRead, send: SendOnce, owned: () => boolean): Promise<GuardedResponse> => {
    const { tenantId, readKey: key, origin, kept } = call;
    const response = await sending(call, kept?.keeping.validators ?? {}, send);
    const holds = kept !== undefined && response.status === 304;
    if (holds) count('revalidated');
    const answer = holds ? renewed(kept.response, response) : response;
    if (!owned() || !call.settings.cacheReads) return answer;
    const keeping = keepingOf(answer, clock.now());
    if (keeping === undefined) store.drop(tenantId, key);
    else store.put(tenantId, key, keptOf(origin, answer, { keeping, now: clock.now() }));
    return answer;
  };
  return {
    read: async (call: UpstreamCall, send: SendOnce): Promise<GuardedResponse> => {
      const { tenantId, readKey, settings, signal = new AbortController().signal } = call;
      if (readKey === undefined) return sending(call, {}, send);
      const kept = settings.cacheReads ? store.get(tenantId, readKey) : undefined;
      if (kept !== undefined && kept.freshUntil > clock.now()) {
        count('kept');
        return kept.response;
      }
      const { origin } = new URL(call.url);
      const flight = { tenantId, origin, key: readKey, signal, onJoined: () => count('joined') };
      return flights.share(flight, (shared, owned) =>
        ask({ ...call, readKey, origin, kept, signal: shared }, send, owned),
      );
    },
    forget: (tenantId: string, origin: string): void => {
      store.dropOrigin(tenantId, origin);
      flights.disown(tenantId, origin);
    },
  };
}

interface SharedRead extends UpstreamCall {
  readonly readKey: string;
  readonly origin: string;
  readonly kept: KeptRead | undefined;
}

function keptOf(
  origin: string,
  response: GuardedResponse,
  at: { readonly keeping: Keeping; readonly now: number },
): KeptRead {
  return { origin, response, keeping: at.keeping, freshUntil: at.now + at.keeping.freshMilliseconds };
}

/** A kept answer with the headers that came with the word that it still holds (RFC 9111, 4.3.4). */
function renewed(kept: GuardedResponse, { headers: newer }: GuardedResponse): GuardedResponse {
  const headers = new Headers(kept.headers);
  // Its age and date were those of the first answer.
  headers.delete('age');
  for (const [name, value] of newer) {
    if (name !== 'content-length' && name !== 'content-encoding' && name !== 'content-type') headers.set(name, value);
  }
  return { ...kept, headers };
}
