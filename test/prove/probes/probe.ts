import { setImmediate } from 'node:timers/promises';
import type { MigrationConnection } from '@devmesh/infrastructure';

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
export type Probe = (statement: string) => Promise<Answer>;

interface Waiting {
  readonly statement: string;
  readonly resolve: (answer: Answer) => void;
}

/**
 * Runs probes in one disguise inside the transaction that is open; nothing of it is left. Probes that are waited for at
 * the same time go together, so that thousands of them cost a few round trips.
 */
export async function inDisguise<Result>(
  connection: MigrationConnection,
  disguise: Disguise,
  work: (probe: Probe) => Promise<Result>,
): Promise<Result> {
  let waiting: Waiting[] = [];
  const done = work((statement) => new Promise((resolve) => waiting.push({ statement, resolve })));
  await connection.script(`savepoint disguise; ${scriptOf(disguise)}`);
  try {
    for (await setImmediate(); waiting.length > 0; await setImmediate()) {
      const together = waiting;
      waiting = [];
      const answers = await sendAll(
        connection,
        together.map(({ statement }) => statement),
      );
      for (const [index, { resolve }] of together.entries()) resolve(toAnswer(answers[index] ?? ''));
    }
    return await done;
  } finally {
    // Takes the role and the settings back as well.
    await connection.script('rollback to savepoint disguise; release savepoint disguise');
  }
}

/** Reads as the application does for a tenant: the owner of a table is held by its policies as well and sees nothing. */
export async function asTenant<Result>(
  connection: MigrationConnection,
  tenant: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.script(`begin; ${scriptOf({ role: 'devmesh_app', tenant })}`);
  try {
    return await work();
  } finally {
    await connection.script('rollback');
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

/** Runs each statement for itself, undoes it, and notes its rows, or its SQLSTATE. */
async function sendAll(connection: MigrationConnection, statements: readonly string[]): Promise<readonly string[]> {
  await connection.script(`
    do $probes$
    declare
      statement text;
      reached bigint;
      notes text[] := '{}';
    begin
      foreach statement in array array[${statements.map(quoteText).join(', ')}]::text[] loop
        begin
          execute statement;
          get diagnostics reached = row_count;
          raise exception using errcode = 'ZZ999', message = reached::text;
        exception
          when sqlstate 'ZZ999' then notes := notes || sqlerrm;
          when others then notes := notes || ('!' || sqlstate);
        end;
      end loop;
      perform set_config('prove.notes', array_to_json(notes)::text, true);
    end
    $probes$`);
  const rows = await connection.query<{ notes: string }>(`select current_setting('prove.notes') as notes`);
  return JSON.parse(rows[0]?.notes ?? '[]') as readonly string[];
}

function toAnswer(note: string): Answer {
  if (note.startsWith('!')) return { refused: note.slice(1) };
  if (!/^\d+$/u.test(note)) throw new Error(`a probe came back as "${note}"`);
  return { rows: Number(note) };
}
