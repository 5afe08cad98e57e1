import { silentTelemetry } from '@devmesh/foundation';
import { openEmbeddedDatabase, productMigrations } from '@devmesh/infrastructure';
import { expect, test } from 'vitest';
import { sealedColumns } from './sealed-columns.ts';

interface BytesColumn {
  readonly name: string;
  /** What the migration says that it holds. */
  readonly comment: string | null;
  /** Whether it takes 32 bytes only, as a digest does; a sealed text is longer. */
  readonly digest: boolean;
  readonly key: readonly string[];
}

const bytesColumns = `
  select c.relname || '.' || a.attname as name, col_description(c.oid, a.attnum) as comment,
    exists (
      select from pg_constraint where conrelid = c.oid and contype = 'c'
        and pg_get_constraintdef(oid) ~ format('^CHECK \\(\\((octet_)?length\\(%s\\) = 32\\)\\)$', a.attname)
    ) as digest,
    array(
      select k.attname || ' ' || format_type(k.atttypid, null) from pg_constraint p
      cross join lateral unnest(p.conkey) with ordinality as part (number, place)
      join pg_attribute k on k.attrelid = c.oid and k.attnum = part.number
      where p.conrelid = c.oid and p.contype = 'p' and k.attname <> 'tenant_id' order by part.place
    ) as key
  from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped and format_type(a.atttypid, null) in ('bytea', 'bytea[]')
  order by 1`;

async function readColumns(): Promise<readonly BytesColumn[]> {
  const database = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
  const connection = await database.migrationConnection();
  try {
    return await connection.query<BytesColumn>(bytesColumns);
  } finally {
    await connection.close();
    await database.close();
  }
}

test('every column of bytes says what it holds, and every sealed one is registered with its key', async () => {
  const columns = await readColumns();
  expect(columns.length).toBeGreaterThan(8);
  const unsaid = columns.filter(
    ({ comment, digest }) => !digest && !/^(?:sealed|wrapped|plain: .+)$/u.test(comment ?? ''),
  );
  expect(unsaid.map(({ name }) => `${name} needs a comment in its migration: 'sealed' or 'plain: why'`)).toEqual([]);
  const sealed = columns.filter(({ comment }) => comment === 'sealed').map(({ name, key }) => ({ name, key }));
  const registered = sealedColumns.map(({ table, column, key }) => ({
    name: `${table}.${column}`,
    key: Object.entries(key).map((part) => part.join(' ')),
  }));
  expect(registered.toSorted((one, other) => one.name.localeCompare(other.name))).toEqual(
    sealed.toSorted((one, other) => one.name.localeCompare(other.name)),
  );
});

test('only the vault holds wrapped keys', async () => {
  const wrapped = (await readColumns()).filter(({ comment }) => comment === 'wrapped');
  expect(wrapped.map(({ name }) => name)).toEqual(['tenant_keys.wrapped']);
});
