-- The audit trail and the feed are partitioned by time as well, and what is older than its organization keeps it is removed.

create schema mcp_before;

alter table mcp.audit_log set schema mcp_before;
alter table mcp_before.audit_log no force row level security;
create table mcp.audit_log (
  tenant_id uuid not null,
  id uuid not null,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  outcome text not null check (outcome in ('allowed', 'denied', 'failed')),
  detail jsonb not null default '{}',
  trace_id text,
  primary key (tenant_id, id)
) partition by range (id);
create index audit_log_trace on mcp.audit_log (tenant_id, trace_id);
do $$
declare
  oldest timestamptz;
begin
  select mcp.time_of_id(id) into oldest from mcp_before.audit_log order by id limit 1;
  call mcp.partition_by_time('audit_log', oldest);
end
$$;
insert into mcp.audit_log select tenant_id, id, at, actor, action, subject, outcome, detail, trace_id from mcp_before.audit_log;
call mcp.protect('audit_log', system_verbs => '{select}', system_jobs => '{retention}');
-- Append-only for everyone who is not a migration, except that the job removes what is older than any organization may ask.
revoke update, delete on mcp.audit_log from devmesh_app;
grant delete on mcp.audit_log to devmesh_system;
create policy system_delete on mcp.audit_log for delete to devmesh_system
  using (current_setting('app.system_job', true) = 'retention' and id < mcp.id_at(now() - interval '90 days'));

alter table mcp.mesh_events set schema mcp_before;
alter table mcp_before.mesh_events no force row level security;
create table mcp.mesh_events (
  tenant_id uuid not null,
  -- Readers sort by the inserting transaction: a lower one can then no longer appear behind them.
  xid xid8 not null default pg_current_xact_id(),
  seq bigint generated always as identity,
  type text not null,
  subject_id text not null,
  agent_id uuid,
  summary text not null,
  data jsonb not null default '{}',
  trace_id text,
  at timestamptz not null default now(),
  primary key (tenant_id, xid, seq, at)
) partition by range (at);
create index mesh_events_age on mcp.mesh_events (tenant_id, at);
do $$
declare
  oldest timestamptz;
  latest bigint;
begin
  select min(at), max(seq) into oldest, latest from mcp_before.mesh_events;
  call mcp.partition_by_time('mesh_events', oldest);
  execute format('alter table mcp.mesh_events alter column seq restart with %s', coalesce(latest, 0) + 1);
end
$$;
insert into mcp.mesh_events (tenant_id, xid, seq, type, subject_id, agent_id, summary, data, trace_id, at)
overriding system value
select tenant_id, xid, seq, type, subject_id, agent_id, summary, data, trace_id, at from mcp_before.mesh_events;
call mcp.protect('mesh_events', system_verbs => '{select,delete}', system_jobs => '{retention}');

drop table mcp_before.audit_log;
drop table mcp_before.mesh_events;
drop schema mcp_before;

-- What the job sees and removes of the inbox: nothing that still waits, neither to be processed nor to be decided on.
alter policy system_select on mcp.webhook_events using (current_setting('app.system_job', true) = any ('{sweep,retention}'));
grant delete on mcp.webhook_events to devmesh_system;
create policy system_delete on mcp.webhook_events for delete to devmesh_system
  using (current_setting('app.system_job', true) = 'retention' and status <> 'received' and not (status = 'dead' and exists (
    select from mcp.webhook_dlq as letter
    where letter.tenant_id = webhook_events.tenant_id and letter.event_id = webhook_events.id and letter.resolution is null)));
create index webhook_events_dead on mcp.webhook_events (id) where status = 'dead';

grant select, delete on mcp.webhook_deliveries, mcp.webhook_dlq to devmesh_system;
create policy system_select on mcp.webhook_deliveries for select to devmesh_system
  using (current_setting('app.system_job', true) = 'retention');
create policy system_delete on mcp.webhook_deliveries for delete to devmesh_system
  using (current_setting('app.system_job', true) = 'retention');
create policy system_select on mcp.webhook_dlq for select to devmesh_system
  using (current_setting('app.system_job', true) = 'retention');
create policy system_delete on mcp.webhook_dlq for delete to devmesh_system
  using (current_setting('app.system_job', true) = 'retention' and resolution is not null);

grant select (id) on mcp.organizations to devmesh_system;
create policy system_select on mcp.organizations for select to devmesh_system
  using (current_setting('app.system_job', true) = 'retention');

-- The kinds of what grows, and for how many days each is kept. A later stage replaces these two functions with more rows.
create function mcp.retention_kinds()
returns table (kind text, default_days integer, minimum_days integer, maximum_days integer)
language sql immutable
begin atomic
  values ('webhooks', 90, 1, 3650), ('feed', 30, 7, 3650), ('audit', 400, 90, 3650);
end;

-- The tables of each kind, the column that tells the time of a row (a UUIDv7 or a timestamptz), which rows stay however old
-- they are, and which hold the partition they are in: that is told by the row alone, and found by an index.
create function mcp.growing_tables()
returns table (kind text, table_name text, key_name text, keeps text[], holds text[])
language sql immutable
begin atomic
  values
    (
      'webhooks', 'webhook_events', 'id',
      array[
        $$grown.status = 'received'$$,
        $$grown.status = 'dead' and exists (
          select from mcp.webhook_dlq as letter
          where letter.tenant_id = grown.tenant_id and letter.event_id = grown.id and letter.resolution is null)$$
      ],
      array[$$status = 'received'$$, $$status = 'dead'$$]
    ),
    ('webhooks', 'webhook_dlq', 'id', array[$$grown.resolution is null$$], array[]::text[]),
    -- A delivery is known as long as its event.
    (
      'webhooks', 'webhook_deliveries', 'received_at',
      array[$$exists (
        select from mcp.webhook_events as event where event.tenant_id = grown.tenant_id and event.id = grown.event_id)$$],
      array[]::text[]
    ),
    ('feed', 'mesh_events', 'at', array[]::text[], array[]::text[]),
    ('audit', 'audit_log', 'id', array[]::text[], array[]::text[]);
end;

create function mcp.retention_allows(kind_name text, days integer) returns boolean
language sql immutable
begin atomic
  select exists (
    select from mcp.retention_kinds() as known
    where known.kind = kind_name and days between known.minimum_days and known.maximum_days);
end;

create table mcp.retention_settings (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  kind text not null,
  days integer not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, kind),
  constraint retention_settings_bounds check (mcp.retention_allows(kind, days))
);
call mcp.protect('retention_settings', system_verbs => '{select}', system_jobs => '{retention}');

-- The organizations that have rows of a table beyond their retention, in the order of their ids, after one of them.
create function mcp.tenants_with_expired(table_name text, after_tenant uuid, most integer)
returns table (tenant_id uuid, expired_before timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  growing record;
begin
  select tables.kind, tables.key_name, kinds.default_days, atttypid = 'uuid'::regtype as by_id into strict growing
  from mcp.growing_tables() as tables join mcp.retention_kinds() as kinds using (kind)
  join pg_attribute on attrelid = format('mcp.%I', tables.table_name)::regclass and attname = tables.key_name
  where tables.table_name = tenants_with_expired.table_name;
  return query execute format(
    'select due.tenant_id, due.expired_before
     from (
       select organizations.id as tenant_id, now() - make_interval(days => coalesce(settings.days, $1)) as expired_before
       from mcp.organizations left join mcp.retention_settings as settings
         on settings.tenant_id = organizations.id and settings.kind = $2
       where $3 is null or organizations.id > $3
     ) as due
     where exists (
       select from mcp.%I as grown where grown.tenant_id = due.tenant_id and grown.%I < %s)
     order by due.tenant_id limit $4',
    table_name, growing.key_name, case when growing.by_id then 'mcp.id_at(due.expired_before)' else 'due.expired_before' end)
  using growing.default_days, growing.kind, after_tenant, most;
end
$$;

-- Removes up to "most" of the oldest expired rows of one organization and tells how many went (rows of the same moment go
-- together); null where another process is at the same table.
create function mcp.delete_expired(table_name text, tenant uuid, expired_before timestamptz, most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  growing record;
  before_key text;
  condition text;
  deleted integer;
begin
  if not pg_try_advisory_xact_lock(727100104, hashtext(table_name)) then return null; end if;
  select tables.key_name, tables.keeps, atttypid = 'uuid'::regtype as by_id, format_type(atttypid, null) as type
  into strict growing
  from mcp.growing_tables() as tables
  join pg_attribute on attrelid = format('mcp.%I', tables.table_name)::regclass and attname = tables.key_name
  where tables.table_name = delete_expired.table_name;
  before_key := case when growing.by_id then mcp.id_at(expired_before)::text else expired_before::text end;
  condition := format('grown.tenant_id = %L and grown.%I < %L', tenant, growing.key_name, before_key)
    || coalesce((select string_agg(format(' and not (%s)', keep), '') from unnest(growing.keeps) as keep), '');
  execute format(
    'with oldest as (select grown.%2$I as key from mcp.%1$I as grown where %3$s order by grown.%2$I limit %4$s)
     delete from mcp.%1$I as grown where %3$s and grown.%2$I <= (select key from oldest order by key desc limit 1)',
    table_name, growing.key_name, condition, most);
  get diagnostics deleted = row_count;
  return deleted;
end
$$;

-- The partitions of a table whose whole time is past the retention of every organization, without those that a row holds.
create function mcp.expired_partitions(table_name text) returns setof text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  growing record;
  longest integer;
  candidate record;
  hold text;
  needed boolean;
begin
  select tables.kind, tables.holds, tables.key_name, kinds.default_days, atttypid = 'uuid'::regtype as by_id into strict growing
  from mcp.growing_tables() as tables join mcp.retention_kinds() as kinds using (kind)
  join pg_attribute on attrelid = format('mcp.%I', tables.table_name)::regclass and attname = tables.key_name
  where tables.table_name = expired_partitions.table_name;
  select max(coalesce(settings.days, growing.default_days)) into longest
  from mcp.organizations left join mcp.retention_settings as settings
    on settings.tenant_id = organizations.id and settings.kind = growing.kind;
  for candidate in
    select made.* from mcp.partitions_of(table_name) as made
    where made.until_time <= now() - make_interval(days => coalesce(longest, growing.default_days))
    order by made.from_time
  loop
    needed := false;
    foreach hold in array growing.holds loop
      execute format('select exists (select from mcp.%1$I where (%2$s) and %3$I >= %4$L and %3$I < %5$L)',
        table_name, hold, growing.key_name,
        case when growing.by_id then mcp.id_at(candidate.from_time)::text else candidate.from_time::text end,
        case when growing.by_id then mcp.id_at(candidate.until_time)::text else candidate.until_time::text end)
      into needed;
      exit when needed;
    end loop;
    if not needed then return next candidate.partition_name; end if;
  end loop;
end
$$;

-- Drops one partition whole, unless it is younger than any organization may ask or a row holds it. It gives up
-- soon where somebody reads the table for long, and is then asked again.
create function mcp.drop_partition(table_name text, partition_name text) returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
  growing record;
  hold text;
  needed boolean;
begin
  if current_setting('app.system_job', true) is distinct from 'retention' then
    raise insufficient_privilege using message = 'only the job retention drops partitions';
  end if;
  select tables.holds, kinds.minimum_days into strict growing
  from mcp.growing_tables() as tables join mcp.retention_kinds() as kinds using (kind)
  where tables.table_name = drop_partition.table_name;
  -- Not while one is made: the two lock the default partition and the table in opposite orders.
  perform pg_advisory_xact_lock(727100103, hashtext(table_name));
  execute format('lock table only mcp.%I in access exclusive mode', table_name);
  perform from mcp.partitions_of(table_name) as made
  where made.partition_name = drop_partition.partition_name
    and made.until_time <= now() - make_interval(days => growing.minimum_days);
  if not found then return false; end if;

  -- Forced row-level security would hide the rows from an owner that is no superuser.
  execute format('alter table mcp.%I no force row level security', partition_name);
  foreach hold in array growing.holds loop
    execute format('select exists (select from mcp.%I where %s)', partition_name, hold) into needed;
    if needed then
      execute format('alter table mcp.%I force row level security', partition_name);
      return false;
    end if;
  end loop;
  execute format('drop table mcp.%I', partition_name);
  return true;
end
$$;

revoke execute on function
  mcp.retention_kinds(), mcp.growing_tables(), mcp.retention_allows(text, integer),
  mcp.tenants_with_expired(text, uuid, integer), mcp.delete_expired(text, uuid, timestamptz, integer),
  mcp.expired_partitions(text), mcp.drop_partition(text, text)
from public;
grant execute on function mcp.retention_kinds(), mcp.retention_allows(text, integer) to devmesh_app;
grant execute on function
  mcp.retention_kinds(), mcp.growing_tables(), mcp.tenants_with_expired(text, uuid, integer),
  mcp.delete_expired(text, uuid, timestamptz, integer), mcp.partitions_of(text), mcp.expired_partitions(text),
  mcp.drop_partition(text, text)
to devmesh_system;

-- Admin keys list every scope, so those that may make keys of any scope get the new one.
alter table mcp.api_keys no force row level security;
update mcp.api_keys set scopes = array_append(scopes, 'organization:write')
where type = 'admin' and scopes @> '{keys:write,tasks:write,webhooks:write}' and not scopes @> '{organization:write}';
alter table mcp.api_keys force row level security;
