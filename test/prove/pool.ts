import { newId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { newTenant } from '@devmesh/testkit';
import { openBlankDatabase, openEmbedded, type BlankDatabase } from './instance/blank.ts';
import type { Outcome } from './outcome.ts';

const requests = 64;
const tenants = 8;
/** Every fifth request throws. */
const throwing = 5;

/** A way in which a request ends badly, after it has done its worst to the connection that the next one gets. */
type Throwing = (tx: Tx, other: string) => Promise<unknown>;

const anywhere: readonly Throwing[] = [
  () => Promise.reject(new Error('thrown')),
  async (tx, other) => {
    await sql`select set_config('app.tenant_id', ${other}, true)`.execute(tx);
    throw new Error('thrown after it became another tenant');
  },
  async (tx, other) => {
    await sql`select set_config('app.tenant_id', ${other}, false)`.execute(tx);
    throw new Error('thrown after it became another tenant for the session');
  },
  (tx) => sql`select 1 / (random() * 0)::integer`.execute(tx),
  async (tx, other) => {
    // It commits: what it set for the session outlives it.
    await sql`select set_config('app.tenant_id', ${other}, false)`.execute(tx);
  },
];

const onServers: readonly Throwing[] = [
  async (tx) => {
    await sql`set local statement_timeout = 5`.execute(tx);
    await sql`select pg_sleep(10)`.execute(tx);
  },
  (tx) => sql`select pg_cancel_backend(pg_backend_pid())`.execute(tx),
  (tx) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx),
];

/** Lets requests of many tenants share four connections while some of them throw; counts what a tenant saw of another. */
export async function provePool(rounds = 4): Promise<Outcome> {
  const first = await openBlankDatabase();
  const outcomes = [await provePoolOf(first, rounds)];
  if (first.engine === 'PostgreSQL') outcomes.push(await provePoolOf(await openEmbedded(), rounds));
  const sum = (name: 'wrongRows' | 'reads' | 'thrown'): number =>
    outcomes.reduce((total, { figures }) => total + Number(figures[name]), 0);
  return {
    figures: { reads: sum('reads'), thrown: sum('thrown'), wrongRows: sum('wrongRows') },
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

async function provePoolOf(blank: BlankDatabase, rounds: number): Promise<Outcome> {
  try {
    return await share(blank, rounds);
  } finally {
    await blank.close();
  }
}

async function share({ database, engine }: BlankDatabase, rounds: number): Promise<Outcome> {
  const ids: string[] = [];
  for (let made = 0; made < tenants; made += 1) ids.push(await newTenant(database));
  const ways = database.traits.shared ? [...anywhere, ...onServers] : anywhere;
  const counted = { reads: 0, thrown: 0, wrongRows: 0, unseen: 0 };
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      Array.from({ length: requests }, async (_request, index) => {
        const own = ids[index % tenants] ?? newId();
        const other = ids[(index + 1) % tenants] ?? newId();
        const way = index % throwing === 0 ? ways[(index / throwing + round) % ways.length] : undefined;
        const { wrong, seen } = await ask(database, { own, other, way });
        if (way !== undefined) counted.thrown += 1;
        counted.reads += 1;
        counted.wrongRows += wrong;
        if (way === undefined && seen !== 1) counted.unseen += 1;
      }),
    );
  }
  const { unseen, ...figures } = counted;
  return {
    figures,
    failures: [
      ...(counted.wrongRows === 0 ? [] : [`${engine}: ${String(counted.wrongRows)} rows of another tenant were seen`]),
      ...(unseen === 0 ? [] : [`${engine}: ${String(unseen)} requests did not see their own row`]),
    ],
  };
}

interface Asking {
  readonly own: string;
  readonly other: string;
  readonly way: Throwing | undefined;
}

async function ask(database: Database, { own, other, way }: Asking): Promise<{ wrong: number; seen: number }> {
  const found = { wrong: 0, seen: 0 };
  const work = async (tx: Tx): Promise<void> => {
    const { rows } = await sql<{ id: string; tenant: string }>`
      select id, current_setting('app.tenant_id') as tenant from mcp.organizations`.execute(tx);
    found.seen = rows.length;
    found.wrong = rows.filter(({ id, tenant }) => id !== own || tenant !== own).length;
    await way?.(tx, other);
  };
  try {
    await database.tenant(own, work);
  } catch (error) {
    if (way === undefined) throw error;
  }
  return found;
}
