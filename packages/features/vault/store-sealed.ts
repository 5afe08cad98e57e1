import type { Tx } from '@devmesh/infrastructure';
import { sql, type RawBuilder } from 'kysely';
import type { SealedColumn } from './sealed-column.ts';

/** A sealed text and the key of its row. */
export interface SealedRow {
  readonly key: Readonly<Record<string, string>>;
  readonly sealed: Uint8Array;
}

export interface Resealed extends SealedRow {
  readonly anew: Uint8Array;
}

interface OlderThan {
  /** The version that is not older. */
  readonly version: number;
  /** The key after which to look; absent, from the first. */
  readonly after: Readonly<Record<string, string>> | undefined;
  readonly limit: number;
}

/** The version stands after the byte of the format, big-endian. */
const versionBytes = (column: string): RawBuilder<Buffer> => sql`substring(${sql.ref(column)} from 2 for 4)`;
const versionNumber = (column: string): RawBuilder<number> =>
  sql`('x' || encode(${versionBytes(column)}, 'hex'))::bit(32)::bigint`;

const tableOf = ({ table }: SealedColumn) => sql.table(`mcp.${table}`);
const typed = (type: 'uuid' | 'text', value: string): RawBuilder<unknown> =>
  type === 'uuid' ? sql`${value}::uuid` : sql`${value}::text`;

/** Texts that are sealed under an older version of the key, in the order of their rows. */
export async function selectOlder(
  tx: Tx,
  column: SealedColumn,
  { version, after, limit }: OlderThan,
): Promise<readonly SealedRow[]> {
  const names = Object.keys(column.key);
  const keys = sql.join(names.map((name) => sql.ref(name)));
  const values = Object.entries(column.key).map(([name, type]) => typed(type, after?.[name] ?? ''));
  const beyond = after === undefined ? sql`` : sql`and (${keys}) > (${sql.join(values)})`;
  const texts = sql.join(names.map((name) => sql`${sql.ref(name)}::text as ${sql.ref(name)}`));
  const { rows } = await sql<{ sealed_text: Uint8Array } & Record<string, unknown>>`
    select ${sql.ref(column.column)} as sealed_text, ${texts} from ${tableOf(column)}
    where ${versionBytes(column.column)} < int4send(${version}::integer) ${beyond}
    order by ${keys} limit ${limit}::integer`.execute(tx);
  return rows.map((row) => ({
    sealed: row.sealed_text,
    key: Object.fromEntries(names.map((name) => [name, String(row[name])])),
  }));
}

/** Puts texts that were sealed anew in the place of those they were made from, unless somebody wrote there meanwhile. Tells how many. */
export async function replaceSealed(tx: Tx, column: SealedColumn, rows: readonly Resealed[]): Promise<number> {
  if (rows.length === 0) return 0;
  const names = Object.keys(column.key);
  const tuples = rows.map(({ key, sealed, anew }) => {
    const values = Object.entries(column.key).map(([name, type]) => typed(type, key[name] ?? ''));
    return sql`(${sql.join(values)}, ${sealed}::bytea, ${anew}::bytea)`;
  });
  const given = sql.join([...names.map((_name, index) => sql.ref(`key_${String(index)}`)), sql`sealed`, sql`anew`]);
  const same = names.map((name, index) => sql`row.${sql.ref(name)} = given.${sql.ref(`key_${String(index)}`)}`);
  const { rows: replaced } = await sql`
    update ${tableOf(column)} as row set ${sql.ref(column.column)} = given.anew
    from (values ${sql.join(tuples)}) as given (${given})
    where ${sql.join(same, sql` and `)} and row.${sql.ref(column.column)} = given.sealed
    returning 1`.execute(tx);
  return replaced.length;
}

/** How many texts of a column are sealed under each version. */
export async function countByVersion(tx: Tx, column: SealedColumn): Promise<ReadonlyMap<number, number>> {
  const { rows } = await sql<{ version: number; count: number }>`
    select ${versionNumber(column.column)} as version, count(*) as count from ${tableOf(column)}
    where ${sql.ref(column.column)} is not null group by 1`.execute(tx);
  return new Map(rows.map(({ version, count }) => [version, count]));
}

/** Whether a text of a column is sealed under one version. */
export async function isUsed(tx: Tx, column: SealedColumn, version: number): Promise<boolean> {
  const { rows } = await sql<{ used: boolean }>`
    select exists (
      select from ${tableOf(column)} where ${versionBytes(column.column)} = int4send(${version}::integer)
    ) as used`.execute(tx);
  return rows[0]?.used === true;
}
