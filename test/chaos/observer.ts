import { openPostgresMigrations, type MigrationConnection } from '@devmesh/infrastructure';

/** Asks a PostgreSQL that comes and goes. */
export interface Observer {
  /** One question at a time; undefined while PostgreSQL does not answer. */
  ask<Result>(question: (connection: MigrationConnection) => Promise<Result>): Promise<Result | undefined>;
  close(): Promise<void>;
}

/** A connection of our own that sees everything, opened anew after PostgreSQL was away. */
export function createObserver(url: string): Observer {
  let connection: MigrationConnection | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const askNow = async <Result>(
    question: (connection: MigrationConnection) => Promise<Result>,
  ): Promise<Result | undefined> => {
    try {
      connection ??= await openPostgresMigrations(url);
      return await question(connection);
    } catch {
      // PostgreSQL is away, as it was made to be; the next question tries again.
      const broken = connection;
      connection = undefined;
      await broken?.close().catch(() => undefined);
      return undefined;
    }
  };
  return {
    ask: (question) => {
      const answer = turn.then(() => askNow(question));
      turn = answer;
      return answer;
    },
    close: async () => {
      await connection?.close();
    },
  };
}
