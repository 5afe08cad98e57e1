-- Outbound webhooks: endpoints that follow the event feed, what is delivered to them, and every attempt.
create table mcp.webhook_endpoints (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  url text not null check (length(url) between 1 and 2000),
  description text not null default '' check (length(description) <= 500),
  -- `*`, `task.*` or `task.created`.
  event_types text[] not null check (cardinality(event_types) > 0),
  enabled boolean not null default true,
  -- Somebody asked for it, the receiver answered 410, or it failed for days.
  disabled_reason text check (disabled_reason in ('asked', 'gone', 'failing')),
  -- The names of headers that every request carries; their values are sealed by the vault, together.
  header_names text[] not null default '{}',
  headers bytea,
  -- Sealed by the vault; during a rotation the one before signs as well.
  secret bytea not null,
  previous_secret bytea,
  previous_secret_until timestamptz,
  -- Up to where in the feed deliveries were made.
  position_xid xid8 not null,
  position_seq bigint not null,
  -- The circuit breaker.
  failures integer not null default 0 check (failures >= 0),
  failing_since timestamptz,
  openings integer not null default 0 check (openings >= 0),
  open_until timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  check (enabled = (disabled_reason is null)),
  check ((previous_secret is null) = (previous_secret_until is null)),
  check ((headers is null) = (cardinality(header_names) = 0))
);
call mcp.protect('webhook_endpoints');

create table mcp.endpoint_deliveries (
  tenant_id uuid not null,
  -- Also the `webhook-id` that the receiver sees, the same in every attempt.
  id uuid not null,
  endpoint_id uuid not null,
  -- The place of its event in the feed; a test has none.
  event_xid xid8,
  event_seq bigint,
  event_type text not null,
  -- The very text that is signed and sent.
  payload text not null,
  status text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
  -- Attempts with a known result.
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now(),
  -- Sent again by hand: one attempt, without the schedule.
  single_attempt boolean not null default false,
  -- Counts how often it was taken up; the result of an earlier taker is refused.
  fence bigint not null default 0 check (fence >= 0),
  lease_until timestamptz check (lease_until is null or status = 'waiting'),
  last_status integer,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz check ((finished_at is null) = (status = 'waiting')),
  primary key (tenant_id, id),
  -- Whoever reads the feed twice finds the delivery made.
  unique (tenant_id, endpoint_id, event_xid, event_seq),
  foreign key (tenant_id, endpoint_id) references mcp.webhook_endpoints (tenant_id, id) on delete cascade,
  check ((event_xid is null) = (event_seq is null))
);
call mcp.protect('endpoint_deliveries');
create index endpoint_deliveries_due on mcp.endpoint_deliveries (tenant_id, endpoint_id, next_attempt_at, id)
  where status = 'waiting';
create index endpoint_deliveries_endpoint on mcp.endpoint_deliveries (tenant_id, endpoint_id, id);
create index endpoint_deliveries_status on mcp.endpoint_deliveries (tenant_id, status, id);
create index endpoint_deliveries_age on mcp.endpoint_deliveries (tenant_id, created_at);

create table mcp.endpoint_attempts (
  tenant_id uuid not null,
  delivery_id uuid not null,
  number integer not null check (number > 0),
  endpoint_id uuid not null,
  at timestamptz not null,
  duration_ms integer not null check (duration_ms >= 0),
  succeeded boolean not null,
  -- What the receiver answered, where it did.
  status_code integer,
  -- A code of the error table, where it did not.
  error_code text,
  -- The beginning of the answer, or the sentence of the error.
  excerpt text not null default '',
  primary key (tenant_id, delivery_id, number),
  foreign key (tenant_id, delivery_id) references mcp.endpoint_deliveries (tenant_id, id) on delete cascade
);
call mcp.protect('endpoint_attempts');
create index endpoint_attempts_endpoint on mcp.endpoint_attempts (tenant_id, endpoint_id, at);

-- The job deliver looks across tenants only to find out whose endpoints are behind the feed or have something due, and
-- retention what may go; neither sees addresses, secrets or payloads.
grant select (tenant_id, id, enabled, position_xid, position_seq, open_until) on mcp.webhook_endpoints to devmesh_system;
create policy system_select on mcp.webhook_endpoints for select to devmesh_system
  using (current_setting('app.system_job', true) = any ('{deliver,retention}'));
grant select (tenant_id, endpoint_id, status, next_attempt_at, lease_until, created_at), delete
  on mcp.endpoint_deliveries to devmesh_system;
create policy system_select on mcp.endpoint_deliveries for select to devmesh_system
  using (current_setting('app.system_job', true) = any ('{deliver,retention}'));
create policy system_delete on mcp.endpoint_deliveries for delete to devmesh_system
  using (current_setting('app.system_job', true) = 'retention' and (status <> 'waiting' or not exists (
    select from mcp.webhook_endpoints as endpoint
    where endpoint.tenant_id = endpoint_deliveries.tenant_id and endpoint.id = endpoint_deliveries.endpoint_id
      and endpoint.enabled)));
alter policy system_select on mcp.mesh_events using (current_setting('app.system_job', true) = any ('{retention,deliver}'));

-- Deliveries are kept as long as received webhooks, notices as long as the feed.
create or replace function mcp.growing_tables()
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
    ('audit', 'audit_log', 'id', array[]::text[], array[]::text[]),
    -- The attempts of a delivery go with it.
    (
      'webhooks', 'endpoint_deliveries', 'created_at',
      array[$$grown.status = 'waiting' and exists (
        select from mcp.webhook_endpoints as endpoint
        where endpoint.tenant_id = grown.tenant_id and endpoint.id = grown.endpoint_id and endpoint.enabled)$$],
      array[]::text[]
    ),
    ('feed', 'notifications', 'created_at', array[]::text[], array[]::text[]);
end;
