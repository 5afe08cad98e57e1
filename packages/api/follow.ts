import { MeshError } from '@devmesh/foundation/errors';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Client } from './client.ts';
import type { EventType, MeshEvent } from './operations/system.ts';

interface FollowOptions {
  /** Resume after this cursor; absent: only what happens from now on. */
  readonly after?: string | undefined;
  /** Types of events that are left out. */
  readonly without?: readonly EventType[];
  readonly signal: AbortSignal;
  /** Called with a cursor up to which nothing comes any more. */
  readonly onPassed?: (cursor: string) => void;
  /** Called with the cursor that the server starts from: from there on no event is missed. */
  readonly onOpen?: (cursor: string) => void;
}

/**
 * Follows the event feed over one connection until the signal aborts or the connection ends; the caller reconnects with
 * the last cursor. Throws what the server refuses with.
 */
export async function* followEvents(
  client: Client,
  options: FollowOptions,
): AsyncGenerator<MeshEvent, void, undefined> {
  const response = await client.system.streamEvents({ query: queryOf(options) }, { signal: options.signal });
  if (response.body === null) throw new MeshError('upstream_failed', 'The event feed has no body.');
  const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const reader = frames.getReader();
  // Within one process there is no socket to cut, and a Request's own signal may be collected before it fires.
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  options.signal.addEventListener('abort', cancel, { once: true });
  if (options.signal.aborted) cancel();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.event === 'connected') options.onOpen?.(value.id ?? '');
      else if (value.event === 'passed') options.onPassed?.(value.id ?? '');
      else yield JSON.parse(value.data) as MeshEvent;
    }
  } finally {
    options.signal.removeEventListener('abort', cancel);
    await reader.cancel().catch(() => undefined);
  }
}

function queryOf({ after, without }: FollowOptions): { readonly after?: string; readonly without?: string } {
  return {
    ...(after === undefined ? {} : { after }),
    ...(without === undefined ? {} : { without: without.join(',') }),
  };
}
