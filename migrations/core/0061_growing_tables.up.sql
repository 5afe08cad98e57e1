-- Tables that grow are partitioned by time, and the first of them: the inbox of webhooks.

-- The lowest UUIDv7 of a millisecond: ids at or after it are of that time or later, so ranges of ids are ranges of time.
create function mcp.id_at(at timestamptz) returns uuid
language sql immutable strict parallel safe
return rpad(lpad(to_hex(least(greatest(floor(extract(epoch from at) * 1000), 0), 281474976710655)::bigint), 12, '0'), 32, '0')::uuid;

-- The millisecond that a UUIDv7 tells.
create function mcp.time_of_id(id uuid) returns timestamptz
language sql immutable strict parallel safe
begin atomic
  -- Seconds and milliseconds apart: together they are more than a double holds exactly.
  select to_timestamp(total / 1000) + make_interval(secs => (total % 1000) / 1000.0)
  from (select ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint as total) as milliseconds;
end;

-- The partitions of a table with the times that they hold, from (inclusive) and until (exclusive), without the default one.
create function mcp.partitions_of(table_name text)
returns table (partition_name text, from_time timestamptz, until_time timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
  select relname::text, times[1], times[2]
  from (
    select child.relname, array(
      select case when bound ~ '^[0-9a-f]{8}-[0-9a-f]{4}-' then mcp.time_of_id(bound::uuid) else bound::timestamptz end
      from unnest(regexp_match(
        pg_get_expr(child.relpartbound, child.oid), '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$'
      )) with ordinality as found (bound, place)
      order by place
    ) as times
    from pg_inherits join pg_class as child on child.oid = inhrelid
    where inhparent = format('mcp.%I', table_name)::regclass
  ) as children
  where cardinality(times) = 2
$$;

-- Makes the partition for the times from (inclusive) until (exclusive) and moves into it what waits in the default one.
-- Nobody reads or writes a partition itself: row-level security is forced on it, without a policy and without a grant.
create function mcp.make_partition(table_name text, from_time timestamptz, until_time timestamptz) returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  parent constant regclass := format('mcp.%I', table_name)::regclass;
  default_name constant text := table_name || '_default';
  name constant text := table_name || '_' || to_char(
    from_time, case when from_time = date_trunc('month', from_time) then 'YYYYMM' else 'YYYYMMDD_HH24MISSMS' end);
  key_name text;
  from_key text := from_time::text;
  until_key text := until_time::text;
  by_id boolean;
  copied text;
  left_over boolean;
begin
  select attname, atttypid = 'uuid'::regtype into strict key_name, by_id
  from pg_partitioned_table join pg_attribute on attrelid = partrelid and attnum = partattrs[0]
  where partrelid = parent and partstrat = 'r' and partnatts = 1 and atttypid in ('uuid'::regtype, 'timestamptz'::regtype);
  if by_id then
    from_key := mcp.id_at(from_time)::text;
    until_key := mcp.id_at(until_time)::text;
  end if;

  execute format('create table mcp.%I (like %s including constraints including generated including storage)', name, parent);
  if pg_relation_size(format('mcp.%I', default_name)::regclass) > 0 then
    select string_agg(quote_ident(attname), ', ' order by attnum) into copied
    from pg_attribute where attrelid = parent and attnum > 0 and not attisdropped and attgenerated = '';
    -- Forced row-level security would hide the rows from an owner that is no superuser.
    execute format('alter table mcp.%I no force row level security', default_name);
    execute format(
      'with moved as (delete from mcp.%1$I where %2$I >= %3$L and %2$I < %4$L returning %5$s)
       insert into mcp.%6$I (%5$s) select %5$s from moved',
      default_name, key_name, from_key, until_key, copied, name);
    execute format('select exists (select from mcp.%I)', default_name) into left_over;
    if not left_over then execute format('truncate mcp.%I', default_name); end if;
    execute format('alter table mcp.%I force row level security', default_name);
  end if;
  execute format('alter table mcp.%I enable row level security', name);
  execute format('alter table mcp.%I force row level security', name);
  -- Attaching, unlike making it in place, lets reading and writing of the other partitions go on.
  execute format('alter table %s attach partition mcp.%I for values from (%L) to (%L)', parent, name, from_key, until_key);
  return name;
end
$$;

-- The time of the row at a place (0 is the oldest) among those of the default partition from (inclusive) until (exclusive).
create function mcp.time_in_default(table_name text, place integer, from_time timestamptz, until_time timestamptz)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  default_name constant text := table_name || '_default';
  key_name text;
  by_id boolean;
  found_time timestamptz;
begin
  -- One that is empty has no pages and is not even locked.
  if pg_relation_size(format('mcp.%I', default_name)::regclass) = 0 then return null; end if;
  select attname, atttypid = 'uuid'::regtype into strict key_name, by_id
  from pg_partitioned_table join pg_attribute on attrelid = partrelid and attnum = partattrs[0]
  where partrelid = format('mcp.%I', table_name)::regclass;
  execute format('alter table mcp.%I no force row level security', default_name);
  execute format(
    'select %s from mcp.%I where %3$I >= %4$s and %3$I < %5$s order by %3$I offset $3 limit 1',
    case when by_id then format('mcp.time_of_id(%I)', key_name) else quote_ident(key_name) end,
    default_name, key_name,
    case when by_id then 'mcp.id_at($1)' else '$1' end,
    case when by_id then 'mcp.id_at($2)' else '$2' end)
  into found_time using from_time, until_time, place;
  execute format('alter table mcp.%I force row level security', default_name);
  return found_time;
end
$$;

-- Makes the next partition that is missing and returns its name; null when none is: there is one for now, for each of the
-- three months to come, and for what the default partition holds of the time until then. Beyond that, rows of a clock that
-- runs ahead stay in the default partition until their month is near.
create function mcp.next_partition(table_name text) returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  -- A partition takes at most this many rows from the default one, so that moving them is soon over.
  most_moved constant integer := 100000;
  this_month constant timestamptz := date_trunc('month', now());
  horizon constant timestamptz := this_month + interval '4 months';
  beginning constant timestamptz := '1970-01-01';
  wanted timestamptz;
  from_time timestamptz;
  until_time timestamptz;
  cut timestamptz;
begin
  -- Two processes make one partition after the other, and the second sees what the first made.
  perform pg_advisory_xact_lock(727100103, hashtext(table_name));
  select min(at) into wanted
  from unnest(array[
    now(), this_month + interval '1 month', this_month + interval '2 months', this_month + interval '3 months',
    mcp.time_in_default(table_name, 0, beginning, horizon)
  ]) as at
  where not exists (
    select from mcp.partitions_of(table_name) as made where made.from_time <= at and at < made.until_time);
  if wanted is null then return null; end if;

  -- The whole month, or the gap that the partitions already made have left of it.
  select
    greatest(date_trunc('month', wanted), max(made.until_time) filter (where made.until_time <= wanted)),
    least(date_trunc('month', wanted) + interval '1 month', min(made.from_time) filter (where made.from_time > wanted))
  into from_time, until_time
  from mcp.partitions_of(table_name) as made;
  cut := date_trunc('milliseconds', mcp.time_in_default(table_name, most_moved, from_time, until_time));
  if cut > from_time then until_time := cut; end if;
  return mcp.make_partition(table_name, from_time, until_time);
end
$$;

-- Gives a table that is partitioned by range of a UUIDv7 or a timestamptz its default partition, so that no insert ever
-- fails for its time, and a partition for each month from "since" on and three ahead. Call it before rows are copied in.
create procedure mcp.partition_by_time(table_name text, since timestamptz default now())
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  default_name constant text := table_name || '_default';
  from_time timestamptz := date_trunc('month', greatest(least(coalesce(since, now()), now()), now() - interval '10 years'));
begin
  execute format('create table mcp.%I partition of mcp.%I default', default_name, table_name);
  execute format('alter table mcp.%I enable row level security', default_name);
  execute format('alter table mcp.%I force row level security', default_name);
  while from_time <= now() loop
    perform mcp.make_partition(table_name, from_time, from_time + interval '1 month');
    from_time := from_time + interval '1 month';
  end loop;
  while mcp.next_partition(table_name) is not null loop
  end loop;
end
$$;

-- What the job may ask for: the next missing partition of one table. It gives up soon where somebody reads the default
-- partition for long, and is then asked again.
create function mcp.make_next_partition(table_name text) returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
begin
  if current_setting('app.system_job', true) is distinct from 'retention' then
    raise insufficient_privilege using message = 'only the job retention makes partitions';
  end if;
  return mcp.next_partition(table_name);
end
$$;

revoke execute on function
  mcp.id_at(timestamptz), mcp.time_of_id(uuid), mcp.partitions_of(text),
  mcp.make_partition(text, timestamptz, timestamptz), mcp.time_in_default(text, integer, timestamptz, timestamptz),
  mcp.next_partition(text), mcp.make_next_partition(text)
from public;
revoke execute on procedure mcp.partition_by_time(text, timestamptz) from public;
grant execute on function mcp.id_at(timestamptz), mcp.time_of_id(uuid) to devmesh_app, devmesh_system;
grant execute on function mcp.make_next_partition(text) to devmesh_system;

-- Out of the way with its indexes and constraints, so that those of the new table get the same names.
create schema mcp_before;
alter table mcp.webhook_dlq drop constraint webhook_dlq_tenant_id_event_id_fkey;
alter table mcp.webhook_events set schema mcp_before;
alter table mcp_before.webhook_events no force row level security;

-- No foreign keys: they would lock the tables they point at whenever a partition comes or goes. Events outlive their
-- source, and their retention ends them.
create table mcp.webhook_events (
  tenant_id uuid not null,
  id uuid not null,
  source_id uuid not null,
  -- The sender's own id of the delivery.
  delivery_id text not null check (length(delivery_id) between 1 and 200),
  event text not null check (length(event) between 1 and 100),
  -- json keeps any text that JSON allows; jsonb refuses \u0000.
  payload json not null,
  status text not null default 'received' check (status in ('received', 'processed', 'dead')),
  attempts integer not null default 0,
  last_error text,
  -- When to ring for it again, unless it was processed by then.
  next_attempt_at timestamptz not null default now() + interval '15 seconds',
  task_id uuid,
  traceparent text,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  primary key (tenant_id, id)
) partition by range (id);
create index webhook_events_due on mcp.webhook_events (next_attempt_at) where status = 'received';
create index webhook_events_status on mcp.webhook_events (tenant_id, status, id);

do $$
declare
  oldest timestamptz;
begin
  select mcp.time_of_id(id) into oldest from mcp_before.webhook_events order by id limit 1;
  call mcp.partition_by_time('webhook_events', oldest);
end
$$;
insert into mcp.webhook_events
select tenant_id, id, source_id, delivery_id, event, payload, status, attempts, last_error, next_attempt_at, task_id,
  traceparent, received_at, processed_at
from mcp_before.webhook_events;
call mcp.protect('webhook_events', system_verbs => '{select,update}', system_jobs => '{sweep}');

-- What makes a delivery that comes again the same event: a unique key of a partitioned table would have to hold the id,
-- which is new each time.
create table mcp.webhook_deliveries (
  tenant_id uuid not null,
  source_id uuid not null,
  delivery_id text not null check (length(delivery_id) between 1 and 200),
  event_id uuid not null,
  received_at timestamptz not null default now(),
  primary key (tenant_id, source_id, delivery_id),
  foreign key (tenant_id, source_id) references mcp.webhook_sources (tenant_id, id) on delete cascade
);
create index webhook_deliveries_age on mcp.webhook_deliveries (tenant_id, received_at);
insert into mcp.webhook_deliveries (tenant_id, source_id, delivery_id, event_id, received_at)
select tenant_id, source_id, delivery_id, id, received_at from mcp_before.webhook_events;
call mcp.protect('webhook_deliveries');

drop table mcp_before.webhook_events;
drop schema mcp_before;
