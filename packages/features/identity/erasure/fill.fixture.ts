import type { MigrationConnection } from '@devmesh/infrastructure';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/** Every table of the schema that names a tenant, from the catalogue. */
export async function tenantTables(connection: MigrationConnection): Promise<readonly string[]> {
  const rows = await connection.query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
    where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`);
  return rows.map(({ name }) => name);
}

/**
 * Lets rows be made up for any table, now and later: takes away the checks, which know what values mean. Keys and references
 * stay: one value for each type and tenant makes every reference point to a row that is there.
 */
export async function forgetChecks(connection: MigrationConnection): Promise<void> {
  await connection.script(`
    do $$
    declare
      found record;
    begin
      for found in
        select conrelid::regclass as place, conname from pg_constraint
        where connamespace = 'mcp'::regnamespace and contype = 'c' and conislocal and coninhcount = 0
      loop
        execute format('alter table %s drop constraint %I', found.place, found.conname);
      end loop;
    end
    $$`);
}

/**
 * Puts one row of a tenant into every table, with a value in every column, and for each further `mark` one more where the key
 * of the table lets it.
 */
export async function fillTables(connection: MigrationConnection, tenantId: string, mark: number): Promise<void> {
  const columns = await connection.query<Column>(`
    select c.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname, a.attnum`);
  const statements = (await tenantTables(connection)).map((table) => {
    const own = columns.filter((column) => column.table === table);
    const names = own.map(({ name }) => `"${name}"`).join(', ');
    const values = own.map(({ name, type }) => valueOf(name, type, { tenantId, mark })).join(', ');
    return `insert into mcp."${table}" (${names}) overriding system value values (${values})
      on conflict do nothing;`;
  });
  // References are checked when rows go, but not while they come in the order of their names.
  await connection.script(
    `set session_replication_role = replica; ${statements.join('\n')} set session_replication_role = origin;`,
  );
}

function valueOf(name: string, type: string, { tenantId, mark }: { tenantId: string; mark: number }): string {
  const text = `'${tenantId.slice(-12)}-${String(mark)}'`;
  if (name === 'tenant_id') return `'${tenantId}'`;
  // Unswept, and not being deleted: what the row is about must not itself be erased.
  if (name === 'swept_at' || name === 'deleting_at' || name === 'deletion_requested_by') return 'null';
  if (type === 'uuid') return `'${tenantId.slice(0, -2)}${mark.toString(16).padStart(2, '0')}'`;
  if (type.endsWith('[]')) return `'{}'`;
  if (type.startsWith('timestamp')) return 'now()';
  if (type.startsWith('vector') || type.startsWith('halfvec')) return vectorOf(type);
  return simpleValue(type, mark) ?? text;
}

function vectorOf(type: string): string {
  const dimensions = Number(/\((\d+)\)/u.exec(type)?.[1] ?? 3);
  return `array_fill(0.5, array[${String(dimensions)}])::${type}`;
}

function simpleValue(type: string, mark: number): string | undefined {
  if (/^(?:smallint|integer|bigint|real|double precision|numeric)/u.test(type)) return String(mark);
  if (type === 'xid8') return `'${String(mark)}'`;
  if (type === 'boolean') return 'true';
  if (type === 'jsonb' || type === 'json') return `'{}'`;
  return undefined;
}
