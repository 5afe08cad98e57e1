-- The stream in the database: what REDIS_URL replaces. Entries are appended once; each group that reads the topic
-- gets a delivery per entry, which is deleted when it is acknowledged. Deliveries, not a position in the log, say what
-- is left to read, so an entry that commits after one with a higher id is not skipped.
--
-- The tables serve all tenants: only the system job "stream" works on them; a tenant may look at its own rows.
-- Without a reference to the organizations: an entry may outlive the row that it points to, and is then ignored.

create table mcp.stream_groups (
  -- A group reads the topics of every tenant and belongs to none.
  tenant_id uuid not null default '00000000-0000-0000-0000-000000000000'
    check (tenant_id = '00000000-0000-0000-0000-000000000000'),
  topic text not null check (length(topic) between 1 and 200),
  group_name text not null check (length(group_name) between 1 and 200),
  created_at timestamptz not null default now(),
  primary key (tenant_id, topic, group_name)
);

create table mcp.stream_entries (
  tenant_id uuid not null,
  id bigint generated always as identity,
  topic text not null,
  kind text not null,
  subject_id text not null,
  traceparent text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);

create index stream_entries_topic on mcp.stream_entries (topic, id);

create table mcp.stream_deliveries (
  tenant_id uuid not null,
  entry_id bigint not null,
  topic text not null,
  group_name text not null,
  -- 0 until the first read; consumer and held_at tell of the last.
  deliveries integer not null default 0,
  consumer text,
  held_at timestamptz,
  primary key (tenant_id, entry_id, group_name),
  foreign key (tenant_id, entry_id) references mcp.stream_entries (tenant_id, id) on delete cascade,
  check ((deliveries = 0) = (held_at is null) and (deliveries = 0) = (consumer is null))
)
-- Room on each page to rewrite rows in place.
with (fillfactor = 70);

create index stream_deliveries_waiting on mcp.stream_deliveries (topic, group_name, entry_id) where deliveries = 0;
create index stream_deliveries_held on mcp.stream_deliveries (topic, group_name, entry_id) where deliveries > 0;

call mcp.protect('stream_groups', 'tenant_id', array['select', 'insert'], array['stream']);
call mcp.protect('stream_entries', 'tenant_id', array['select', 'insert', 'delete'], array['stream']);
call mcp.protect('stream_deliveries', 'tenant_id', array['select', 'insert', 'update', 'delete'], array['stream']);
revoke insert, update, delete on mcp.stream_groups, mcp.stream_entries, mcp.stream_deliveries from devmesh_app;
