-- Sources of webhooks, the inbox of what they sent, and what could not be processed.
create table mcp.webhook_sources (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text not null,
  kind text not null check (kind in ('github')),
  secret bytea not null,
  rules jsonb not null default '[]',
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
-- A webhook names only its source; the job learns from it which tenant that is.
call mcp.protect('webhook_sources', system_verbs => '{select}', system_jobs => '{webhook-receive}');
create unique index webhook_sources_id on mcp.webhook_sources (id);

create table mcp.webhook_events (
  tenant_id uuid not null,
  id uuid not null,
  source_id uuid not null,
  -- The sender's own id of the delivery: the same one again is the same event.
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
  primary key (tenant_id, id),
  unique (tenant_id, source_id, delivery_id),
  foreign key (tenant_id, source_id) references mcp.webhook_sources (tenant_id, id) on delete cascade
);
call mcp.protect('webhook_events', system_verbs => '{select,update}', system_jobs => '{sweep}');
create index webhook_events_due on mcp.webhook_events (next_attempt_at) where status = 'received';
create index webhook_events_status on mcp.webhook_events (tenant_id, status, id);

create table mcp.webhook_dlq (
  tenant_id uuid not null,
  id uuid not null,
  event_id uuid not null,
  reason text not null,
  attempts integer not null,
  created_at timestamptz not null default now(),
  redriven_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, event_id) references mcp.webhook_events (tenant_id, id) on delete cascade
);
call mcp.protect('webhook_dlq');
create index webhook_dlq_event on mcp.webhook_dlq (tenant_id, event_id);
