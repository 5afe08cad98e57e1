import { MeshError } from '@devmesh/foundation';
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { translateFailure } from './failures.ts';
import type { NoTables, Tx } from './port.ts';
import type { Session, SessionPool, SqlResult } from './session.ts';

/** How a transaction starts: with a script, for whoever waits in a lane. */
export interface Beginning {
  readonly lane: string;
  readonly begin: string;
}

/** Runs `work` in one transaction that starts with the script `begin`; commits, or rolls back and rethrows. */
export async function runTransaction<Result>(
  pool: SessionPool,
  { lane, begin }: Beginning,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const session = await lend(pool, lane);
  const lease: Lease = { session, begun: undefined, ended: false, broken: false };
  try {
    return await new Kysely<NoTables>({ dialect: dialectOf(lease, begin) }).transaction().execute(work);
  } finally {
    lease.ended = true;
    session.release(lease.broken);
  }
}

async function lend(pool: SessionPool, lane: string): Promise<Session> {
  try {
    return await pool.lend(lane);
  } catch (error) {
    throw translateFailure(error);
  }
}

/** A session in the hands of one transaction; once ended it refuses statements, for the next owner may be another tenant. */
interface Lease {
  readonly session: Session;
  /** The beginning, once it was sent. Statements follow it without waiting: one whose beginning failed fails as well. */
  begun: Promise<void> | undefined;
  ended: boolean;
  broken: boolean;
}

function dialectOf(lease: Lease, begin: string): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => createDriver(lease, begin),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

function createDriver(lease: Lease, begin: string): Driver {
  const connection = createConnection(lease);
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: () => {
      start(lease, begin);
      return Promise.resolve();
    },
    commitTransaction: () => commit(lease),
    rollbackTransaction: () => rollback(lease),
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
}

function createConnection(lease: Lease): DatabaseConnection {
  return {
    executeQuery: async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
      if (lease.ended) throw new MeshError('internal', 'A statement was sent after its transaction had ended.');
      const result = await afterBeginning(lease, lease.session.query(query.sql, query.parameters));
      return { rows: [...result.rows] as Row[], ...affected(result) };
    },
    streamQuery: () => {
      throw new MeshError('internal', 'Statements are not streamed; read in pages.');
    },
  };
}

function affected({ command, rowCount }: SqlResult): { numAffectedRows?: bigint } {
  return ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(command) ? { numAffectedRows: BigInt(rowCount) } : {};
}

async function run<Result>(lease: Lease, statement: Promise<Result>): Promise<Result> {
  try {
    return await statement;
  } catch (error) {
    const failure = translateFailure(error);
    lease.broken ||= failure instanceof MeshError && failure.code === 'unavailable';
    throw failure;
  }
}

function start(lease: Lease, begin: string): void {
  lease.begun = run(lease, lease.session.begin(begin));
  // Whoever waits for a statement hears of it, or the commit.
  lease.begun.catch(() => undefined);
}

/** A statement's result; where the transaction could not even begin, why. */
async function afterBeginning<Result>(lease: Lease, statement: Promise<Result>): Promise<Result> {
  const settled = run(lease, statement);
  settled.catch(() => undefined);
  await lease.begun;
  return settled;
}

async function commit(lease: Lease): Promise<void> {
  lease.ended = true;
  const { command } = await afterBeginning(lease, lease.session.script('commit'));
  // PostgreSQL answers COMMIT with ROLLBACK where an earlier statement failed and `work` hid that failure.
  if (command !== 'COMMIT') {
    throw new MeshError('internal', 'A statement had failed in this transaction, so nothing was stored.');
  }
}

async function rollback(lease: Lease): Promise<void> {
  lease.ended = true;
  // Thrown away when released, which also ends its transaction.
  if (lease.broken) return;
  try {
    await lease.session.script('rollback');
  } catch {
    // The failure that led here is the one to report; a connection that cannot even roll back is thrown away.
    lease.broken = true;
  }
}
