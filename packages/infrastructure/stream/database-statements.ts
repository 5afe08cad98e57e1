import { sql } from 'kysely';
import type { Tx } from '../database/port.ts';
import type { ClaimOptions, Delivery, Reader, StreamEntry } from './port.ts';

/*
 * What it costs: an append is one statement for all its entries and groups; an entry is one row, plus one row per group
 * that is inserted, updated at the read and deleted at the acknowledgement. A read or claim is one statement for a batch.
 * Readers lock only the rows they take (SKIP LOCKED), so they do not wait for each other.
 */

type Row = Omit<Delivery, 'entryId'> & { readonly entryId: number };

/** Makes the group and gives it everything that is still in the topic. */
export async function makeGroup(tx: Tx, topic: string, group: string): Promise<void> {
  const present = await sql`
    select from mcp.stream_groups where topic = ${topic} and group_name = ${group}`.execute(tx);
  if (present.rows.length > 0) return;
  // Waits for open appends and keeps new ones out: an append either sees the group, or is seen here.
  await sql`lock table mcp.stream_entries in share row exclusive mode`.execute(tx);
  await sql`
    with made as (
      insert into mcp.stream_groups (topic, group_name) values (${topic}, ${group})
      on conflict do nothing
      returning topic, group_name
    )
    insert into mcp.stream_deliveries (tenant_id, entry_id, topic, group_name)
    select e.tenant_id, e.id, e.topic, made.group_name
    from mcp.stream_entries e join made on made.topic = e.topic`.execute(tx);
}

/** Appends the entries and gives each to every group of the topic. */
export async function appendEntries(tx: Tx, topic: string, entries: readonly StreamEntry[]): Promise<void> {
  await sql`
    with added as (
      insert into mcp.stream_entries (tenant_id, topic, kind, subject_id, traceparent)
      select (entry ->> 'tenantId')::uuid, ${topic}, entry ->> 'kind', entry ->> 'subjectId', entry ->> 'traceparent'
      from jsonb_array_elements(${JSON.stringify(entries)}::jsonb) with ordinality as given (entry, place)
      order by place
      returning tenant_id, id
    )
    insert into mcp.stream_deliveries (tenant_id, entry_id, topic, group_name)
    select added.tenant_id, added.id, g.topic, g.group_name
    from added cross join mcp.stream_groups g where g.topic = ${topic}`.execute(tx);
}

/** Takes the first entries that no consumer of the group has had. */
export async function readEntries(tx: Tx, reader: Reader, count: number): Promise<readonly Delivery[]> {
  const { rows } = await sql<Row>`
    with taken as materialized (
      select tenant_id, entry_id, group_name from mcp.stream_deliveries
      where topic = ${reader.topic} and group_name = ${reader.group} and deliveries = 0
      order by entry_id limit ${count} for update skip locked
    ), ${held(reader)}`.execute(tx);
  return rows.map(toDelivery);
}

/** Takes entries that were held for too long; the time grows with their deliveries. */
export async function claimEntries(tx: Tx, reader: Reader, how: ClaimOptions): Promise<readonly Delivery[]> {
  const longest = how.maximumIdleMilliseconds ?? how.idleMilliseconds;
  const { rows } = await sql<Row>`
    with taken as materialized (
      select tenant_id, entry_id, group_name from mcp.stream_deliveries
      where topic = ${reader.topic} and group_name = ${reader.group} and deliveries > 0
        and held_at <= clock_timestamp() - interval '1 millisecond'
          * least(${how.idleMilliseconds}::float8 * 2 ^ least(deliveries - 1, 40), ${longest}::float8)
      order by entry_id limit ${how.count} for update skip locked
    ), ${held(reader)}`.execute(tx);
  return rows.map(toDelivery);
}

/** Makes the rows `taken` the consumer's, and shows them. */
function held(reader: Reader): ReturnType<typeof sql> {
  return sql`
    held as (
      update mcp.stream_deliveries d
      set deliveries = d.deliveries + 1, consumer = ${reader.consumer}, held_at = clock_timestamp()
      from taken t
      where d.tenant_id = t.tenant_id and d.entry_id = t.entry_id and d.group_name = t.group_name
      returning d.tenant_id, d.entry_id, d.deliveries
    )
    select e.id as "entryId", e.tenant_id as "tenantId", e.kind, e.subject_id as "subjectId", e.traceparent, held.deliveries
    from held join mcp.stream_entries e on e.tenant_id = held.tenant_id and e.id = held.entry_id
    order by e.id`;
}

/** Restarts the time of entries that this consumer still holds. */
export async function holdEntries(tx: Tx, reader: Reader, entryIds: readonly string[]): Promise<void> {
  await sql`
    update mcp.stream_deliveries set held_at = clock_timestamp()
    where topic = ${reader.topic} and group_name = ${reader.group} and deliveries > 0
      and consumer = ${reader.consumer} and entry_id in ${among(entryIds)}`.execute(tx);
}

/** Forgets held entries for the group. */
export async function acknowledgeEntries(
  tx: Tx,
  { topic, group }: Pick<Reader, 'topic' | 'group'>,
  entryIds: readonly string[],
): Promise<void> {
  await sql`
    delete from mcp.stream_deliveries
    where topic = ${topic} and group_name = ${group} and deliveries > 0
      and entry_id in ${among(entryIds)}`.execute(tx);
}

/** Counts what the group has to read, and what its consumers hold. */
export async function countBacklog(
  tx: Tx,
  topic: string,
  group: string,
): Promise<{ readonly waiting: number; readonly held: number }> {
  const { rows } = await sql<{ waiting: number; held: number }>`
    select
      case when exists (select from mcp.stream_groups where topic = ${topic} and group_name = ${group})
        then (select count(*) from mcp.stream_deliveries
          where topic = ${topic} and group_name = ${group} and deliveries = 0)
        else (select count(*) from mcp.stream_entries where topic = ${topic})
      end as waiting,
      (select count(*) from mcp.stream_deliveries
        where topic = ${topic} and group_name = ${group} and deliveries > 0) as held`.execute(tx);
  return rows[0] ?? { waiting: 0, held: 0 };
}

/** Removes up to `limit` entries without deliveries left, where the topic has a group at all. */
export async function trimEntries(tx: Tx, topic: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from mcp.stream_entries where (tenant_id, id) in (
      select e.tenant_id, e.id from mcp.stream_entries e
      where e.topic = ${topic}
        and exists (select from mcp.stream_groups g where g.topic = ${topic})
        and not exists (
          select from mcp.stream_deliveries d where d.tenant_id = e.tenant_id and d.entry_id = e.id)
      order by e.id limit ${limit}
    )`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

/** The ids as a list of SQL; those that cannot be ids of this stream are left out. */
function among(entryIds: readonly string[]): ReturnType<typeof sql> {
  const ids = entryIds.filter((id) => /^\d{1,18}$/u.test(id));
  return sql`(select value::bigint from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`;
}

function toDelivery(row: Row): Delivery {
  return { ...row, entryId: String(row.entryId), traceparent: row.traceparent ?? undefined };
}
