import { errorCodeOf, type MigrationConnection } from '@devmesh/infrastructure';

/** What came of one statement: so many rows, or the SQLSTATE that refused it. */
export type Answer =
  | { readonly rows: number; readonly refused?: undefined }
  | { readonly rows?: undefined; readonly refused: string };

/** As whom statements are sent: the role, and what is set for the transaction. */
export interface Disguise {
  readonly role: 'devmesh_app' | 'devmesh_system';
  readonly tenant?: string;
  readonly job?: string;
}

/** Sends one statement in disguise, undone whatever comes of it. */
export type Probe = (statement: string, values?: readonly (string | null)[]) => Promise<Answer>;

/** Runs probes in one disguise inside the transaction that is open; nothing of it is left. */
export async function inDisguise<Result>(
  connection: MigrationConnection,
  disguise: Disguise,
  work: (probe: Probe) => Promise<Result>,
): Promise<Result> {
  await connection.script(`savepoint disguise; ${scriptOf(disguise)}`);
  try {
    return await work((statement, values) => probe(connection, statement, values));
  } finally {
    // Takes the role and the settings back as well.
    await connection.script('rollback to savepoint disguise; release savepoint disguise');
  }
}

function scriptOf({ role, tenant, job }: Disguise): string {
  const settings = [
    ...(tenant === undefined ? [] : [`select set_config('app.tenant_id', ${quoteText(tenant)}, true)`]),
    ...(job === undefined ? [] : [`select set_config('app.system_job', ${quoteText(job)}, true)`]),
  ];
  return [`set local role ${role}`, ...settings].join('; ');
}

/** A text as SQL writes it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function probe(
  connection: MigrationConnection,
  statement: string,
  values: readonly (string | null)[] = [],
): Promise<Answer> {
  await connection.script('savepoint probe');
  try {
    return { rows: (await connection.query(statement, values)).length };
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === undefined || !/^[0-9A-Z]{5}$/u.test(code)) throw error;
    return { refused: code };
  } finally {
    await connection.script('rollback to savepoint probe');
  }
}
