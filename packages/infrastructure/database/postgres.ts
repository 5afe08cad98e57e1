import { MeshError, type Logger, type Telemetry } from '@devmesh/foundation';
import { Client, Pool, type ClientConfig, type PoolClient, type QueryConfig, type QueryResult } from 'pg';
import { translateFailure } from './failures.ts';
import { checkPayload, quoteChannel } from './listeners.ts';
import type { Database, MigrationConnection } from './port.ts';
import { createPostgresListener } from './postgres-listener.ts';
import { preparedName } from './prepared.ts';
import type { Session, SessionPool, SqlResult } from './session.ts';
import { createTransactions } from './tenant.ts';
import { encodeValues, pgTypes } from './values.ts';

export interface PostgresOptions {
  /** postgres://user:password@host/database, with `?sslmode=` where wanted. */
  readonly url: string;
  /** Connections kept by this process; one more is opened to listen. */
  readonly pool: number;
  readonly telemetry: Telemetry;
  /** Milliseconds until the server cancels a statement. Default 30,000. */
  readonly statementMilliseconds?: number;
}

const connectMilliseconds = 2_000;
/** For what costs the server nothing: a connection that does not answer it leads nowhere. */
const promptMilliseconds = 2_000;
const answerGraceMilliseconds = 5_000;

/** Opens a pool on a migrated PostgreSQL without connecting yet: an unreachable server gives `unavailable` when it is used. */
export function openPostgres(options: PostgresOptions): Database {
  const { log, metrics } = options.telemetry;
  const statementMilliseconds = options.statementMilliseconds ?? 30_000;
  const pool = new Pool({
    ...connectionConfig(options.url),
    max: options.pool,
    statement_timeout: statementMilliseconds,
    // A server that vanished without a word is given up a little later than one that works too long.
    query_timeout: statementMilliseconds + answerGraceMilliseconds,
    idle_in_transaction_session_timeout: statementMilliseconds,
  });
  pool.on('error', (error) => {
    log.warn('an idle PostgreSQL connection was lost', { 'error.message': error.message });
  });
  const sessions = createSessionPool(pool, log);
  const transactions = createTransactions(sessions, metrics);
  const listener = createPostgresListener({ connect: () => connect(options.url), log });

  const once = async (statement: Statement): Promise<void> => {
    transactions.refuseNesting();
    try {
      await pool.query(statement);
    } catch (error) {
      throw translateFailure(error);
    }
  };

  return {
    traits: { shared: true, survivesPowerCut: true },
    tenant: (tenantId, work) => transactions.tenant(tenantId, work),
    system: (job, work) => transactions.system(job, work),
    notify: async (channel, payload) => {
      quoteChannel(channel);
      checkPayload(payload);
      await once({ text: 'select pg_notify($1, $2)', values: [channel, payload] });
    },
    listen: (channel, onPayload) => listener.listen(channel, onPayload),
    // Autovacuum does it.
    tidy: () => Promise.resolve([]),
    ping: () => once(prompt('select 1')),
    close: async () => {
      await listener.close();
      if (!pool.ended) await pool.end();
    },
  };
}

/** The unrestricted connection to PostgreSQL, without time limits, for migrations. */
export async function openPostgresMigrations(url: string): Promise<MigrationConnection> {
  const client = await connect(url);
  // A lost connection also fails the statement that runs, which reports it.
  client.on('error', () => undefined);
  return {
    script: async (text) => {
      await settle(client.query(text));
    },
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      const { rows } = await settle(client.query(text, encodeValues(values)));
      return rows as readonly Row[];
    },
    close: () => client.end(),
  };
}

function connectionConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'devmesh',
    connectionTimeoutMillis: connectMilliseconds,
    keepAlive: true,
    types: pgTypes,
  };
}

async function connect(url: string): Promise<Client> {
  const client = new Client(connectionConfig(url));
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw translateFailure(error);
  }
}

async function settle<Result>(statement: Promise<Result>): Promise<Result> {
  try {
    return await statement;
  } catch (error) {
    throw translateFailure(error);
  }
}

function createSessionPool(pool: Pool, log: Logger): SessionPool {
  // A lent connection that breaks between two statements emits an error, which would end the process unheard.
  const onError = (error: Error): void => {
    log.warn('a PostgreSQL connection in use was lost', { 'error.message': error.message });
  };
  return {
    lend: async () => {
      if (pool.ending) throw new MeshError('unavailable', 'The database connections are closing.');
      const client = await pool.connect();
      client.on('error', onError);
      return toSession(client, () => client.off('error', onError));
    },
  };
}

type Statement = QueryConfig & { readonly query_timeout?: number };

function prompt(text: string): Statement {
  return { text, query_timeout: promptMilliseconds };
}

function toSession(client: PoolClient, onRelease: () => void): Session {
  return {
    begin: async (text) => {
      await client.query(prompt(text));
    },
    query: async (text, values) => {
      const name = preparedName(text);
      const statement = { text, values: encodeValues(values), ...(name === undefined ? {} : { name }) };
      return toResult(await client.query(statement));
    },
    script: async (text) => toResult(await client.query(text)),
    release: (broken) => {
      onRelease();
      client.release(broken);
    },
  };
}

// A script of many statements gives many results, of which the last counts.
function toResult(answer: QueryResult | QueryResult[]): SqlResult {
  const last = Array.isArray(answer) ? answer.at(-1) : answer;
  const rows = (last?.rows ?? []) as SqlResult['rows'];
  return { rows, command: last?.command ?? '', rowCount: last?.rowCount ?? 0 };
}
