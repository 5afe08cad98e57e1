import { toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';

interface PresenceOptions {
  readonly session: Session<EdgePrincipal>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The presence of an agent while its session is open. */
export interface Presence {
  /** Takes the agent offline at once. */
  leave(): Promise<void>;
}

const beatEveryMilliseconds = 20_000;

/** Beats at once, then regularly until `leave`. A beat that fails is logged; the next one may succeed. */
export async function openPresence({ session, clock, log }: PresenceOptions): Promise<Presence> {
  const { client } = session.principal;
  const stopping = new AbortController();
  const beat = async (leaving: boolean): Promise<void> => {
    try {
      await client.agents.beat({ body: { sessionId: session.id, leaving } });
    } catch (error) {
      log.warn('a beat of an agent failed', { 'error.code': toMeshError(error).code, leaving });
    }
  };
  await beat(false);
  const run = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(beatEveryMilliseconds, stopping.signal);
      if (stopping.signal.aborted) return;
      await beat(false);
    }
  };
  const running = run();
  return {
    leave: async () => {
      stopping.abort();
      await running;
      await beat(true);
    },
  };
}
