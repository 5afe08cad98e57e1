import type { MigrationConnection } from '@devmesh/infrastructure';
import { tenantColumnOf } from '../catalogue/rules.ts';
import { asTenant } from '../probes/probe.ts';
import { readShapes } from '../probes/shape.ts';

/** What an organization has: the ids by table, and everything by which an answer would give it away. */
export interface Belongings {
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** UUIDs and texts that only this organization has. */
  readonly marks: ReadonlySet<string>;
  /** A digest of every row by table, without what changes by itself. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Columns that tell when something was last seen or tried, which reads and background work may move on. */
const moving = [
  'last_used_at',
  'last_signed_in_at',
  'last_seen_at',
  'beat_at',
  'online_until',
  'position_xid',
  'position_seq',
];

/** Columns of a table that its worker writes whoever asks for what. */
const movingIn: Readonly<Record<string, readonly string[]>> = {
  tool_refreshes: [
    'next_at',
    'etag',
    'last_modified',
    'checked_at',
    'outcome',
    'reason',
    'failures',
    'fence',
    'leased_until',
  ],
  upstream_servers: ['state', 'reason', 'failures', 'next_look_at', 'fence', 'leased_until'],
};

/** Work that goes on by itself whoever asks for what, and whose rows nobody's request names. */
const movingTables = new Set(['stream_entries', 'stream_deliveries', 'stream_groups', 'audit_checkpoints']);

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu;

interface RowText {
  readonly row: string;
  readonly id: string | null;
}

/** Looks at every row of an organization in every table, so that a new table is looked at too. */
export async function lookAt(
  connection: MigrationConnection,
  tenant: string,
  canaries: readonly string[],
): Promise<Belongings> {
  return asTenant(connection, tenant, () => lookAsTenant(connection, tenant, canaries));
}

async function lookAsTenant(
  connection: MigrationConnection,
  tenant: string,
  canaries: readonly string[],
): Promise<Belongings> {
  const ids = new Map<string, readonly string[]>();
  const digests = new Map<string, string>();
  const marks = new Set<string>([tenant, ...canaries]);
  for (const { name, partition, names } of await readShapes(connection)) {
    if (partition) continue;
    const rows = await rowsOf(connection, { name, names, tenant });
    ids.set(
      name,
      rows.flatMap(({ id }) => (id === null ? [] : [id])),
    );
    for (const { row } of rows) for (const [found] of row.matchAll(uuid)) marks.add(found);
    if (!movingTables.has(name)) digests.set(name, rows.map(({ row }) => row).join('\n'));
  }
  return { ids, marks, digests };
}

async function rowsOf(
  connection: Pick<MigrationConnection, 'query'>,
  { name, names, tenant }: { readonly name: string; readonly names: readonly string[]; readonly tenant: string },
): Promise<readonly RowText[]> {
  const dropped = [...moving, ...(movingIn[name] ?? [])].map((column) => `'${column}'`).join(', ');
  const id = names.includes('id') ? 'id' : names.includes('name') ? 'name' : undefined;
  return connection.query<RowText>(
    `select (to_jsonb(t) - array[${dropped}])::text as row, ${id === undefined ? 'null' : `t.${id}::text`} as id
     from mcp.${name} t where ${tenantColumnOf(name)} = $1 order by 1`,
    [tenant],
  );
}

/** The tables in which something of an organization is no longer as it was. */
export function changedTables(before: Belongings, after: Belongings): readonly string[] {
  return [...before.digests].filter(([table, digest]) => after.digests.get(table) !== digest).map(([table]) => table);
}
