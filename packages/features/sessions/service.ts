import { MeshError, type Clock, type NewId } from '@devmesh/foundation';
import {
  createSessions,
  type Database,
  type KeyValue,
  type ListedSession,
  type Sessions,
} from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { latencyFact, toFacts, toSession, type EdgeSession, type OpenedSession } from './session.ts';

interface EdgeSessionsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly audit: Audit;
  readonly events: Events;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** What became of sessions that a gateway holds. */
interface Refreshed {
  /** Somebody revoked them: the gateway ends them. */
  readonly revoked: readonly string[];
  /** They lapsed or were lost: the gateway opens them again. */
  readonly unknown: readonly string[];
}

/** Milliseconds; null where none was measured. */
type Latencies = readonly (number | null)[];

/**
 * The MCP sessions that gateways hold, as far as they tell. It is for people to see and to end them: nobody is let in
 * because of a session. Everything throws `unavailable` while the key-values are away.
 */
export interface EdgeSessions {
  /** Notes open sessions of a key; their ids in order. */
  open(principal: Principal, sessions: readonly OpenedSession[]): Promise<readonly string[]>;
  /** Keeps sessions for another while, with their latest round trips in the same order. Those of other keys are unknown here. */
  refresh(principal: Principal, sessionIds: readonly string[], latencies?: Latencies): Promise<Refreshed>;
  /** Forgets sessions of the key. */
  close(principal: Principal, sessionIds: readonly string[]): Promise<void>;
  /** Newest first. */
  list(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<EdgeSession>>;
  /** Tells whichever gateway holds the session to end it. Throws `not_found`. */
  revoke(principal: Principal, sessionId: string): Promise<void>;
}

/** Three refreshes, and a bit. */
const ttlSeconds = 100;

/** The longest that a gateway may have been away from the platform and still hear in a refresh what was revoked. */
const revokedSeconds = 86_400;

/** Builds the sessions. */
export function createEdgeSessions(options: EdgeSessionsOptions): EdgeSessions {
  const { keyvalue, clock, newId } = options;
  const sessions = createSessions({ keyvalue, newId, ttlSeconds, maximum: 10_000 });
  const ownedBy = async ({ tenantId, keyId }: Principal, id: string): Promise<boolean> =>
    (await sessions.get(tenantId, id))?.facts['keyId'] === keyId;
  const stateOf = async (
    principal: Principal,
    id: string,
    latency: number | null | undefined,
  ): Promise<'open' | keyof Refreshed> => {
    const { tenantId, keyId } = principal;
    if ((await keyvalue.get(revokedKey(tenantId, id))) === keyId) return 'revoked';
    if (!(await ownedBy(principal, id))) return 'unknown';
    return (await sessions.refresh(tenantId, id, latencyFact(latency))) ? 'open' : 'unknown';
  };
  return {
    open: async (principal, opened) => {
      const facts = opened.map((session) => toFacts(principal, session, clock.now()));
      return Promise.all(facts.map(async (each) => (await sessions.create(principal.tenantId, each)).id));
    },
    refresh: async (principal, ids, latencies = []) => {
      const states = await Promise.all(
        ids.map(async (id, at) => ({ id, state: await stateOf(principal, id, latencies[at]) })),
      );
      const those = (wanted: keyof Refreshed) => states.filter(({ state }) => state === wanted).map(({ id }) => id);
      return { revoked: those('revoked'), unknown: those('unknown') };
    },
    close: async (principal, ids) => {
      await Promise.all(
        ids.map(async (id) => {
          if (await ownedBy(principal, id)) await sessions.revoke(principal.tenantId, id);
        }),
      );
    },
    list: async ({ tenantId }, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = (await sessions.list(tenantId))
        .filter(({ id }) => after === undefined || id < after)
        .toSorted(newestFirst);
      return cutPage(
        rows.slice(0, limit + 1),
        limit,
        ({ id }) => id,
        (row) => toSession(row, ttlSeconds),
      );
    },
    revoke: (principal, id) => revoke(options, sessions, principal, id),
  };
}

function newestFirst({ id: a }: ListedSession, { id: b }: ListedSession): number {
  return a < b ? 1 : -1;
}

function revokedKey(tenantId: string, id: string): string {
  return `${tenantId}:session-revoked:${id}`;
}

/** The feed brings it to the gateway at once; a gateway that hears no feed learns of it from its next refresh. */
async function revoke(
  { database, keyvalue, audit, events }: EdgeSessionsOptions,
  sessions: Sessions,
  principal: Principal,
  id: string,
): Promise<void> {
  const { tenantId } = principal;
  const session = await sessions.get(tenantId, id);
  const keyId = session?.facts['keyId'];
  if (session === undefined || keyId === undefined) throw new MeshError('not_found', `There is no open session ${id}.`);
  const { agentId, clientName } = session.facts;
  await database.tenant(tenantId, async (tx) => {
    await events.publish(tx, {
      type: 'session.revoked',
      subjectId: id,
      agentId,
      summary: `A session of ${clientName ?? 'a client'} was revoked`,
      data: { sessionId: id, keyId },
    });
    await audit.record(tx, { actor: actorOf(principal), action: 'sessions.revoke', subject: id, detail: { keyId } });
    // Last, so that nothing is said to be revoked where these are away.
    await keyvalue.set(revokedKey(tenantId, id), keyId, revokedSeconds);
    await sessions.revoke(tenantId, id);
  });
}
