import { silentTelemetry } from '@devmesh/foundation';
import { openEmbeddedDatabase, productMigrations } from '@devmesh/infrastructure';
import { beforeAll, expect, test } from 'vitest';
import { sealedColumns } from './sealed-columns.ts';

interface BytesColumn {
  readonly name: string;
  /** What a migration says that it holds. */
  readonly comment: string | null;
  /** Whether it takes 32 bytes only; a sealed text is longer. */
  readonly digest: boolean;
  /** The columns, with their types, that tell the tenant's rows apart: of the primary key and of unique ones. */
  readonly keys: readonly string[];
}

const bytesColumns = `
  select c.relname || '.' || a.attname as name, col_description(c.oid, a.attnum) as comment,
    exists (
      select from pg_constraint where conrelid = c.oid and contype = 'c'
        and pg_get_constraintdef(oid) ~ format('^CHECK \\(\\((octet_)?length\\(%s\\) = 32\\)\\)$', a.attname)
    ) as digest,
    array(
      select (
        select string_agg(k.attname || ' ' || format_type(k.atttypid, null), ', ' order by part.place)
        from unnest(u.conkey) with ordinality as part (number, place)
        join pg_attribute k on k.attrelid = c.oid and k.attnum = part.number where k.attname <> 'tenant_id')
      from pg_constraint u where u.conrelid = c.oid and u.contype in ('p', 'u')
    ) as keys
  from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped and format_type(a.atttypid, null) in ('bytea', 'bytea[]')
  order by 1`;

let columns: readonly BytesColumn[];
beforeAll(async () => {
  const database = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
  const connection = await database.migrationConnection();
  columns = await connection.query<BytesColumn>(bytesColumns);
  await connection.close();
  await database.close();
});

const registered = new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`));
const isPlain = ({ comment }: BytesColumn): boolean =>
  /^(?:plain: .{3,}|wrapped by a master key)$/u.test(comment ?? '');

test('every column of bytes is registered as sealed, takes digests only, or says why it is neither', () => {
  const forgotten = columns.filter((column) => !registered.has(column.name) && !column.digest && !isPlain(column));
  expect(
    forgotten.map(({ name }) => `${name}: register it in sealedColumns, or comment on it with 'plain: why'`),
  ).toEqual([]);
  expect(columns.filter((column) => registered.has(column.name) && isPlain(column))).toEqual([]);
});

test('what is registered exists, once, with a key that tells its rows apart', () => {
  expect(registered.size).toBe(sealedColumns.length);
  for (const { table, column, key } of sealedColumns) {
    const found = columns.find(({ name }) => name === `${table}.${column}`);
    const given = Object.entries(key).map((part) => part.join(' '));
    expect(found?.keys, `${table}.${column}`).toContain(given.join(', '));
  }
});

test('every registered place names its own tenant and table', () => {
  for (const { table, key, place } of sealedColumns) {
    const one = place('t1', Object.fromEntries(Object.keys(key).map((name) => [name, 'a'])));
    const other = place('t1', Object.fromEntries(Object.keys(key).map((name) => [name, 'b'])));
    expect(one).toMatchObject({ tenantId: 't1', table });
    expect(one.row).not.toBe(other.row);
  }
});
