import { followEvents, type MeshEvent } from '@devmesh/api';
import { toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { EdgePrincipal } from '../principal.ts';

interface FeedOptions {
  readonly principal: Pick<EdgePrincipal, 'client' | 'credential'>;
  readonly onEvent: (event: MeshEvent) => void;
  /** Called when the platform no longer takes the credential, and no other can come in its place; the feed has then ended. */
  readonly onRefused: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Follows the platform's event feed for one key until it is stopped. */
export interface Feed {
  /** Resolves once no event is missed any more. */
  readonly open: Promise<void>;
  stop(): Promise<void>;
}

const firstPause = 200;
const longestPause = 10_000;

/** Starts following; a connection that ends or fails is made again from where it was, so nothing is skipped. */
export function openFeed({ principal, onEvent, onRefused, clock, log }: FeedOptions): Feed {
  const stopping = new AbortController();
  const { promise: open, resolve: opened } = withResolvers();
  let after: string | undefined;
  let pause = firstPause;
  const connect = async (): Promise<void> => {
    const onOpen = (cursor: string): void => {
      after = cursor;
      pause = firstPause;
      opened();
    };
    for await (const event of followEvents(principal.client, { after, signal: stopping.signal, onOpen })) {
      after = event.cursor;
      onEvent(event);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await connect();
      } catch (error) {
        if (stopping.signal.aborted) break;
        const { code } = toMeshError(error);
        log.warn('the event feed broke off and is connected again', { 'error.code': code });
        if (code === 'unauthenticated' && !principal.credential.lapsed()) {
          onRefused();
          break;
        }
      }
      // Without asking: a lapsed access token is refused until its client brings the next one.
      do {
        await clock.sleep(pause, stopping.signal);
        pause = Math.min(longestPause, pause * 2);
      } while (principal.credential.lapsed() && !stopping.signal.aborted);
    }
    opened();
  };
  const running = run();
  return {
    open,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
