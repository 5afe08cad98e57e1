import type { MigrationConnection } from '@devmesh/infrastructure';

/** Times at which a job of the platform would do something with a row by itself. */
const alarms = [
  'beat_at',
  'lease_until',
  'lease_expires_at',
  'next_attempt_at',
  'next_at',
  'next_look_at',
  'due_at',
  'permissions_due_at',
  'open_until',
  'expires_at',
];

/** Moves what would happen to rows of an organization by itself to tomorrow, so that whatever changes was done by somebody. */
export async function putToRest(connection: MigrationConnection, tenantId: string): Promise<void> {
  const columns = await connection.query<{ table: string; column: string }>(
    `select class.relname as "table", attname as "column"
     from pg_attribute join pg_class as class on class.oid = attrelid
     where relnamespace = 'mcp'::regnamespace and relkind in ('r', 'p') and not relispartition and not attisdropped
       and atttypid = 'timestamptz'::regtype and attname = any ($1)
       and exists (select from pg_attribute as own where own.attrelid = class.oid and own.attname = 'tenant_id')`,
    [alarms],
  );
  // An owner who is no superuser is held to forced policies like everybody.
  for (const { table, column } of columns) {
    await connection.script(`begin; alter table mcp.${table} no force row level security`);
    await connection.query(
      `update mcp.${table} set ${column} = now() + interval '1 day' where tenant_id = $1 and ${column} is not null`,
      [tenantId],
    );
    await connection.script(`alter table mcp.${table} force row level security; commit`);
  }
}
