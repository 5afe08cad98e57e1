import { MeshError, type Clock } from '@devmesh/foundation';
import type { Connection } from '../connection.ts';
import type { SessionStreams } from './session-streams.ts';

/** A session that lives between HTTP requests. */
export interface HttpSession<Principal> {
  readonly connection: Connection<Principal>;
  readonly streams: SessionStreams;
  /** Who may use it. */
  readonly owner: string;
  /** What it acts as. */
  readonly principal: Principal;
}

/** The sessions held, bounded in number and in idle time. */
export interface SessionTable<Principal> {
  readonly size: number;
  /** Adds a session; its owner's longest idle one ends when there are too many. Throws `unavailable` when the table is full. */
  add(session: HttpSession<Principal>): void;
  /** The owner's session of that id; throws `not_found` for an unknown, expired or foreign one alike. */
  get(id: string, owner: string): HttpSession<Principal>;
  /** Ends a session. Safe to call twice. */
  end(id: string): void;
  /** Ends what has expired. */
  sweep(): void;
  all(): readonly HttpSession<Principal>[];
}

interface SessionTableOptions {
  readonly clock: Clock;
  readonly idleSeconds: number;
  readonly maximum: number;
  readonly maximumPerOwner: number;
}

/** Creates an empty table. */
export function createSessionTable<Principal>(options: SessionTableOptions): SessionTable<Principal> {
  // The longest unused come first: every use moves a session to the end.
  const entries = new Map<string, { readonly session: HttpSession<Principal>; readonly usedAt: number }>();

  const use = (session: HttpSession<Principal>): void => {
    entries.delete(session.connection.id);
    entries.set(session.connection.id, { session, usedAt: options.clock.now() });
  };

  const end = (id: string): void => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    entry.session.connection.end();
    entry.session.streams.end();
  };

  const expired = (usedAt: number): boolean => usedAt <= options.clock.now() - options.idleSeconds * 1000;

  const sweep = (): void => {
    for (const [id, { session, usedAt }] of Array.from(entries)) {
      if (!expired(usedAt)) return;
      if (isBusy(session)) use(session);
      else end(id);
    }
  };

  const makeRoom = (owner: string): void => {
    sweep();
    const owned = [...entries.values()].filter(({ session }) => session.owner === owner);
    if (owned.length >= options.maximumPerOwner) {
      const { session } = owned.find((entry) => !isBusy(entry.session)) ?? {};
      if (session === undefined) throw full(`This key already has ${String(owned.length)} busy sessions.`);
      end(session.connection.id);
    }
    if (entries.size >= options.maximum) throw full(`This server already holds ${String(entries.size)} sessions.`);
  };

  return {
    get size() {
      return entries.size;
    },
    add: (session) => {
      makeRoom(session.owner);
      use(session);
    },
    get: (id, owner) => {
      const entry = entries.get(id);
      const session = entry?.session;
      if (entry !== undefined && expired(entry.usedAt) && !isBusy(entry.session)) end(id);
      if (session?.owner !== owner || !entries.has(id)) {
        throw new MeshError('not_found', 'There is no such session; send `initialize` to start one.');
      }
      use(session);
      return session;
    },
    end,
    sweep,
    all: () => [...entries.values()].map(({ session }) => session),
  };
}

function isBusy<Principal>({ connection, streams }: HttpSession<Principal>): boolean {
  return connection.pending > 0 || streams.live > 0;
}

function full(sentence: string): MeshError {
  return new MeshError('unavailable', sentence, { retryAfterSeconds: 30 });
}
