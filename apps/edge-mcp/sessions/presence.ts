import { capabilitySchema } from '@devmesh/api';
import { toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import { z } from 'zod';
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

/** What an agent may say of itself in `capabilities.experimental` of its handshake. */
const agentCapability = 'devmesh/agent';

const announced = z.object({
  experimental: z.object({ [agentCapability]: z.object({ capabilities: z.array(z.string()).max(50) }) }),
});

/** Those of its agent's capabilities that a session offers, as its client said in the handshake; undefined where it did not. */
function offersOf({ clientCapabilities }: Pick<Session<EdgePrincipal>, 'clientCapabilities'>): string[] | undefined {
  const { data } = announced.safeParse(clientCapabilities);
  return data?.experimental[agentCapability].capabilities.filter((name) => capabilitySchema.safeParse(name).success);
}

/** Beats at once, then regularly until `leave`. A beat that fails is logged; the next one may succeed. */
export async function openPresence({ session, clock, log }: PresenceOptions): Promise<Presence> {
  const { client } = session.principal;
  const stopping = new AbortController();
  const beat = async (leaving: boolean): Promise<void> => {
    try {
      await client.agents.beat({ body: { sessionId: session.id, leaving, offers: offersOf(session) } });
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
