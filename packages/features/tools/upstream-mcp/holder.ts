import { MeshError } from '@devmesh/foundation';
import type { UpstreamConnection } from './connection.ts';
import type { UpstreamTarget } from './target.ts';

/** A connection that is held for calls to come, or on its way. */
export interface Held {
  readonly target: UpstreamTarget;
  /** What its client declared, as text; undefined: all calls share it. */
  readonly declared: string | undefined;
  readonly connecting: Promise<UpstreamConnection>;
  connection: UpstreamConnection | undefined;
  users: number;
  usedAt: number;
}

/** The connections that are held, bounded for each organization. */
export interface Holder {
  readonly size: number;
  /** One that can be used now: a shared one, or one of this declaration that nobody uses. */
  find(target: UpstreamTarget, declared: string | undefined): Held | undefined;
  /** Makes room for another by letting go of an idle one; throws `unavailable` where there is none. */
  makeRoom(target: UpstreamTarget): void;
  add(held: Held): void;
  /** Lets go of one and closes it. */
  drop(held: Held): void;
  /** Lets go of those that nobody has used since. */
  dropIdle(since: number): void;
  closeAll(): Promise<void>;
}

interface HolderOptions {
  readonly processesPerTenant: number;
}

const connectionsPerTenant = 64;

/** Holds nothing at first. */
export function createHolder({ processesPerTenant }: HolderOptions): Holder {
  const all = new Set<Held>();
  const byKey = new Map<string, Set<Held>>();
  const forget = (held: Held): boolean => {
    const { key } = held.target;
    const same = byKey.get(key);
    if (same?.delete(held) === true && same.size === 0) byKey.delete(key);
    return all.delete(held);
  };
  const drop = (held: Held): void => {
    if (forget(held)) void close(held);
  };
  return {
    get size() {
      return all.size;
    },
    find: (target, declared) => {
      for (const held of byKey.get(target.key) ?? []) if (fits(held, declared)) return held;
      return undefined;
    },
    makeRoom: (target) => {
      const rivals = [...all].filter((held) => isRival(held.target, target));
      const program = isProgram(target);
      if (rivals.length < (program ? processesPerTenant : connectionsPerTenant)) return;
      const idle = rivals.filter(({ users }) => users === 0).toSorted((one, other) => one.usedAt - other.usedAt)[0];
      if (idle === undefined) throw tooMany(rivals.length, program);
      drop(idle);
    },
    add: (held) => {
      all.add(held);
      const same = byKey.get(held.target.key) ?? new Set();
      byKey.set(held.target.key, same.add(held));
    },
    drop,
    dropIdle: (since) => {
      for (const held of all) if (held.users === 0 && held.usedAt < since) drop(held);
    },
    closeAll: async () => {
      const ending = [...all].map(close);
      all.clear();
      byKey.clear();
      await Promise.all(ending);
    },
  };
}

function fits({ declared, connection, users }: Held, of: string | undefined): boolean {
  if (declared !== of || connection?.closed === true) return false;
  return of === undefined || users === 0;
}

function isRival(one: UpstreamTarget, other: UpstreamTarget): boolean {
  return one.tenantId === other.tenantId && (!isProgram(other) || isProgram(one));
}

function isProgram({ address }: UpstreamTarget): boolean {
  return address.transport === 'stdio';
}

function tooMany(count: number, program: boolean): MeshError {
  const what = program ? 'programs' : 'connections to MCP servers';
  return new MeshError('unavailable', `The organization already has ${String(count)} ${what} in use.`, {
    retryAfterSeconds: 5,
  });
}

/** One that failed to connect, or to close, is gone all the same. */
async function close({ connecting }: Held): Promise<void> {
  try {
    const connection = await connecting;
    await connection.close();
  } catch {
    return;
  }
}
