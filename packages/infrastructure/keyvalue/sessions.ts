import { newId, type NewId } from '@devmesh/foundation';
import type { KeyValue } from './port.ts';

interface SessionsOptions {
  readonly keyvalue: KeyValue;
  /** How long a session lives without a refresh. */
  readonly ttlSeconds: number;
  /** Sessions of one tenant; a further one ends the one that would have ended first. Default: 1,000. */
  readonly maximum?: number;
  readonly newId?: NewId;
}

/** What a session is about: who opened it by which way. Facts, never secrets: knowing its id authenticates nobody. */
export type SessionFacts = Readonly<Record<string, string>>;

/** A live session. */
export interface Session {
  readonly id: string;
  readonly tenantId: string;
  readonly facts: SessionFacts;
}

/** A live session in a list, with the moment at which it ends unless it is refreshed. */
export interface ListedSession extends Session {
  /** Unix milliseconds. */
  readonly endsAt: number;
}

/**
 * The sessions that the gateways hold for a tenant, seen alike by every process that shares the key-values. Every
 * operation throws `unavailable` while those are away: whether a session was revoked is then not known.
 */
export interface Sessions {
  create(tenantId: string, facts: SessionFacts): Promise<Session>;
  /** The session, or undefined where it ended, was revoked or is another tenant's. */
  get(tenantId: string, id: string): Promise<Session | undefined>;
  /** Lets it live for another `ttlSeconds`, with these facts changed; false where it is gone (and stays so). */
  refresh(tenantId: string, id: string, changed?: SessionFacts): Promise<boolean>;
  /** Those that end last first: the latest refreshed. */
  list(tenantId: string): Promise<readonly ListedSession[]>;
  /** Ends it for every process; false where it was gone already. */
  revoke(tenantId: string, id: string): Promise<boolean>;
}

/** Sessions over key-values. */
export function createSessions(options: SessionsOptions): Sessions {
  const { keyvalue, ttlSeconds, maximum = 1_000 } = options;
  const nextId = options.newId ?? newId;
  const keyOf = (tenantId: string, id: string): string => `${tenantId}:session:${id}`;
  const listOf = (tenantId: string): string => `${tenantId}:sessions`;
  const enlist = async (tenantId: string, id: string): Promise<void> => {
    const dropped = await keyvalue.enlist(listOf(tenantId), id, { ttlSeconds, maximum });
    await Promise.all(dropped.map((other) => keyvalue.delete(keyOf(tenantId, other))));
  };
  const get = async (tenantId: string, id: string): Promise<Session | undefined> =>
    decode(await keyvalue.get(keyOf(tenantId, id)), tenantId, id);
  return {
    create: async (tenantId, facts) => {
      const session = { id: nextId(), tenantId, facts };
      await keyvalue.set(keyOf(tenantId, session.id), JSON.stringify(session), ttlSeconds);
      await enlist(tenantId, session.id);
      return session;
    },
    get,
    refresh: async (tenantId, id, changed) => {
      const key = keyOf(tenantId, id);
      const present = await keyvalue.get(key);
      const session = decode(present, tenantId, id);
      if (present === undefined || session === undefined) return false;
      const next =
        changed === undefined
          ? present
          : JSON.stringify({ ...session, facts: { ...session.facts, ...changed } } satisfies Session);
      // Replaced rather than set: what was revoked in between stays revoked.
      if (!(await keyvalue.replace(key, present, next, ttlSeconds))) return false;
      await enlist(tenantId, id);
      return true;
    },
    list: async (tenantId) => {
      const listed = (await keyvalue.listed(listOf(tenantId))).toReversed();
      const found = await Promise.all(
        listed.map(async ({ member, endsAt }) => ({ session: await get(tenantId, member), endsAt })),
      );
      return found.flatMap(({ session, endsAt }) => (session === undefined ? [] : [{ ...session, endsAt }]));
    },
    revoke: async (tenantId, id) => {
      const ended = await keyvalue.delete(keyOf(tenantId, id));
      await keyvalue.delist(listOf(tenantId), id);
      return ended;
    },
  };
}

/** The stored session, provided that it says itself whose it is. */
function decode(text: string | undefined, tenantId: string, id: string): Session | undefined {
  if (text === undefined) return undefined;
  const session = JSON.parse(text) as Session;
  return session.tenantId === tenantId && session.id === id ? session : undefined;
}
