import { toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { modeOf } from './mode.ts';
import { createPause, type Pause } from './pause.ts';

type EdgeSession = Session<EdgePrincipal>;

interface RegistryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** How people recognize this gateway. */
  readonly gateway: string;
}

/**
 * Tells the platform which sessions this gateway holds, and ends those that somebody revoked there. Nothing waits for it:
 * while the platform is away sessions go on, and are told of when it is back.
 */
export interface Registry {
  joined(session: EdgeSession): void;
  left(session: EdgeSession): void;
  /** Ends the session of a key that the platform knows by this id, where it is held here. */
  revoked(keyId: string, id: string): void;
}

/** What one key's sessions have been told of. */
interface Desk {
  readonly principal: EdgePrincipal;
  /** The open sessions, with the id that the platform gave them. */
  readonly members: Map<EdgeSession, Registration>;
  /** Ids of sessions that ended and that the platform still knows. */
  readonly gone: Set<string>;
  readonly wake: () => void;
}

interface Registration {
  readonly since: number;
  id: string | undefined;
}

const refreshMilliseconds = 30_000;
const mostAtOnce = 100;

/** Builds the registry. The sessions of one key share their requests. */
export function createRegistry(options: RegistryOptions): Registry {
  const desks = new Map<string, Desk>();
  const open = (principal: EdgePrincipal): Desk => {
    const { keyId } = principal.identity;
    const pause = createPause(options.clock);
    const desk: Desk = { principal, members: new Map(), gone: new Set(), wake: pause.end };
    desks.set(keyId, desk);
    void keepTold(options, desk, pause.wait, () => desks.delete(keyId));
    return desk;
  };
  return {
    joined: (session) => {
      const desk = desks.get(session.principal.identity.keyId) ?? open(session.principal);
      desk.members.set(session, { since: options.clock.now(), id: undefined });
      desk.wake();
    },
    left: (session) => {
      const desk = desks.get(session.principal.identity.keyId);
      const id = desk?.members.get(session)?.id;
      desk?.members.delete(session);
      if (id !== undefined) desk?.gone.add(id);
      desk?.wake();
    },
    revoked: (keyId, id) => {
      end(desks.get(keyId), [id]);
    },
  };
}

function end(desk: Desk | undefined, ids: readonly string[]): void {
  for (const [session, { id }] of desk?.members ?? []) {
    if (id !== undefined && ids.includes(id)) session.close('The session was revoked.');
  }
}

/** Tells until the key has no sessions any more. What cannot be told then lapses by itself. */
async function keepTold(options: RegistryOptions, desk: Desk, wait: Pause['wait'], onEnd: () => void): Promise<void> {
  const { clock } = options;
  const due = { refreshAt: clock.now() + refreshMilliseconds };
  let told = true;
  // A turn later, so that sessions that open together are told of together.
  await Promise.resolve();
  while (desk.members.size > 0 || (desk.gone.size > 0 && told)) {
    told = await tell(options, desk, due, told);
    for (;;) {
      const remaining = due.refreshAt - clock.now();
      if (desk.members.size === 0 || remaining <= 0) break;
      await wait(remaining);
      // After a failure those that come wait with the others.
      if (told) break;
    }
  }
  // At once, so that nobody joins a desk that has closed.
  onEnd();
}

/** Tells the platform what it does not know yet; whether it listened. */
async function tell(
  options: RegistryOptions,
  desk: Desk,
  due: { refreshAt: number },
  toldBefore: boolean,
): Promise<boolean> {
  const { clock, log } = options;
  try {
    await tellGone(desk);
    if (clock.now() >= due.refreshAt) {
      due.refreshAt = clock.now() + refreshMilliseconds;
      await refresh(desk);
    }
    await tellNew(options, desk);
    return true;
  } catch (error) {
    const { code } = toMeshError(error);
    if (toldBefore) log.warn('the platform could not be told of sessions', { 'error.code': code });
    if (code === 'unauthenticated' && !desk.principal.credential.lapsed()) closeAll(desk);
    due.refreshAt = clock.now() + refreshMilliseconds;
    return false;
  }
}

async function tellGone({ principal, gone }: Desk): Promise<void> {
  while (gone.size > 0) {
    const sessionIds = [...gone].slice(0, mostAtOnce);
    await principal.client.sessions.close({ body: { sessionIds } });
    for (const id of sessionIds) gone.delete(id);
  }
}

async function refresh(desk: Desk): Promise<void> {
  const registered = [...desk.members].flatMap(([session, registration]) =>
    registration.id === undefined ? [] : [{ session, registration, id: registration.id }],
  );
  for (let from = 0; from < registered.length; from += mostAtOnce) {
    const some = registered.slice(from, from + mostAtOnce);
    const body = {
      sessionIds: some.map(({ id }) => id),
      latencies: some.map(({ session }) => session.latencyMilliseconds ?? null),
    };
    const { revoked, unknown } = await desk.principal.client.sessions.refresh({ body });
    for (const { registration } of some) {
      if (registration.id !== undefined && unknown.includes(registration.id)) registration.id = undefined;
    }
    end(desk, revoked);
  }
}

async function tellNew({ clock, gateway }: RegistryOptions, desk: Desk): Promise<void> {
  for (;;) {
    const fresh = [...desk.members].filter(([, { id }]) => id === undefined).slice(0, mostAtOnce);
    if (fresh.length === 0) return;
    const sessions = fresh.map(([session, { since }]) => ({
      clientName: plain(session.clientInfo.name),
      clientVersion: plain(session.clientInfo.version),
      protocolVersion: session.protocolVersion,
      transport: session.transport,
      mode: modeOf(session),
      gateway,
      connectedSecondsAgo: Math.max(0, Math.round((clock.now() - since) / 1_000)),
    }));
    const { sessionIds } = await desk.principal.client.sessions.open({ body: { sessions } });
    for (const [at, [session, registration]] of fresh.entries()) {
      const id = sessionIds[at];
      registration.id = id;
      // It ended in the meantime.
      if (id !== undefined && !desk.members.has(session)) desk.gone.add(id);
    }
  }
}

function closeAll({ members }: Desk): void {
  for (const session of members.keys()) session.close('The key is not valid any more.');
}

/** What a client says of itself, without what cannot be stored or shown. */
function plain(text: string): string {
  return text.slice(0, 200).replaceAll(/\p{C}/gu, '?');
}
