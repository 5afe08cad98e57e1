import { setTimeout as pause } from 'node:timers/promises';
import type { MeshError } from '@devmesh/foundation';
import { Client } from '@modelcontextprotocol/client';
import { backoffMilliseconds, defaultBackoff, type BackoffOptions } from './backoff.ts';
import { readFailure } from './close-reasons.ts';
import type { ConnectOptions, McpConnection } from './connect.ts';
import { createResumingTransport } from './resuming-transport.ts';

/** What becomes of a connection that stays. */
export type ConnectionChange =
  /** Cut; calls wait. */
  | { readonly kind: 'interrupted' }
  /** The session goes on where it was cut; nothing was missed. */
  | { readonly kind: 'resumed' }
  /** The session is over and calls that waited have failed; another is being begun. */
  | { readonly kind: 'lost'; readonly reason: MeshError }
  /** There is another session: subscriptions and log levels are to be set again. */
  | { readonly kind: 'renewed' }
  /** The server wants this client no more. */
  | { readonly kind: 'ended'; readonly reason: MeshError };

interface StayOptions extends ConnectOptions {
  readonly onChange?: ((change: ConnectionChange) => void) | undefined;
  readonly backoff?: Partial<BackoffOptions> | undefined;
  /** Seconds between the client's own Pings; 15 unless told. */
  readonly heartbeatSeconds?: number | undefined;
}

/**
 * Connects the official client over WebSocket and keeps it connected: a cut session is resumed, and where that cannot be, another is
 * begun and the caller told. Rejects with the reason when the server refuses the first time.
 */
export async function stayConnected(options: StayOptions): Promise<McpConnection> {
  const { onChange = () => undefined } = options;
  const client = new Client({ name: options.name, version: options.version }, options.options);
  options.prepare?.(client);
  const backoff = { ...defaultBackoff, ...options.backoff };
  const closing = new AbortController();

  const connect = (): Promise<void> =>
    client.connect(
      createResumingTransport({
        url: options.url,
        headers: { authorization: `Bearer ${options.key}` },
        binary: options.binary,
        backoff,
        heartbeatSeconds: options.heartbeatSeconds ?? 15,
        events: {
          interrupted: () => {
            onChange({ kind: 'interrupted' });
          },
          resumed: () => {
            onChange({ kind: 'resumed' });
          },
          over: (reason, anew) => {
            if (anew === 'never') {
              onChange({ kind: 'ended', reason });
              return;
            }
            onChange({ kind: 'lost', reason });
            void renew(anew === 'at once');
          },
        },
      }),
    );
  const renew = async (atOnce: boolean): Promise<void> => {
    for (let tried = 0; !closing.signal.aborted; tried += 1) {
      if (!(atOnce && tried === 0)) await wait(backoffMilliseconds(tried, backoff), closing.signal);
      if (closing.signal.aborted) return;
      try {
        await connect();
        onChange({ kind: 'renewed' });
        return;
      } catch (failure) {
        const { error, passing } = readFailure(failure);
        if (passing) continue;
        onChange({ kind: 'ended', reason: error });
        return;
      }
    }
  };
  await connect();
  return {
    client,
    close: async () => {
      closing.abort();
      await client.close();
    },
  };
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => undefined);
}
