import { followEvents, type MeshEvent } from '@devmesh/api';
import { toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { EdgePrincipal } from '../principal.ts';
import { createPause } from './pause.ts';

interface FeedOptions {
  readonly principal: Pick<EdgePrincipal, 'client' | 'credential'>;
  readonly onEvent: (event: MeshEvent) => void;
  /** Called when the feed is connected, and when it is not any more. */
  readonly onConnection?: ((connected: boolean) => void) | undefined;
  /** Called when the platform no longer takes the credential, and no other can come in its place; the feed has then ended. */
  readonly onRefused: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Follows the platform's event feed for one key until it is stopped. */
export interface Feed {
  /** Resolves once no event is missed any more. */
  readonly open: Promise<void>;
  /** Connects anew, at once. */
  reconnect(): void;
  stop(): Promise<void>;
}

/** Most of what happens are calls, of which no session is told anything. */
const without = ['tool.called'] as const;

const firstPause = 200;
const longestPause = 10_000;

/** Starts following; a connection that ends or fails is made again from where it was, so nothing is skipped. */
export function openFeed({ principal, onEvent, onConnection, onRefused, clock, log }: FeedOptions): Feed {
  const stopping = new AbortController();
  const { promise: open, resolve: opened } = withResolvers();
  const resting = createPause(clock);
  let connection = new AbortController();
  let after: string | undefined;
  let pause = firstPause;
  const connect = async (): Promise<void> => {
    connection = new AbortController();
    const onPassed = (cursor: string) => void (after = cursor);
    const onOpen = (cursor: string): void => {
      onPassed(cursor);
      pause = firstPause;
      onConnection?.(true);
      opened();
    };
    try {
      const following = { after, without, signal: connection.signal, onOpen, onPassed };
      for await (const event of followEvents(principal.client, following)) {
        after = event.cursor;
        onEvent(event);
      }
    } finally {
      onConnection?.(false);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await connect();
      } catch (error) {
        if (stopping.signal.aborted) break;
        if (brokeOff(error, log) === 'unauthenticated' && !principal.credential.lapsed()) {
          onRefused();
          break;
        }
      }
      // Without asking: a lapsed access token is refused until its client brings the next one.
      do {
        if (!stopping.signal.aborted) await resting.wait(pause);
        pause = Math.min(longestPause, pause * 2);
      } while (principal.credential.lapsed() && !stopping.signal.aborted);
    }
    opened();
  };
  const running = run();
  const reconnect = (): void => {
    pause = firstPause;
    connection.abort();
    resting.end();
  };
  return {
    open,
    reconnect,
    stop: async () => {
      stopping.abort();
      reconnect();
      await running;
    },
  };
}

function brokeOff(error: unknown, log: Logger): string {
  const { code } = toMeshError(error);
  log.warn('the event feed broke off and is connected again', { 'error.code': code });
  return code;
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
