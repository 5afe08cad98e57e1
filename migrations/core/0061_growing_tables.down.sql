create schema mcp_after;
alter table mcp.webhook_events set schema mcp_after;
alter table mcp_after.webhook_events no force row level security;
alter table mcp.webhook_deliveries no force row level security;
alter table mcp.webhook_dlq no force row level security;
alter table mcp.webhook_sources no force row level security;

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
-- What outlived its source, or its event, could not be here; a delivery that came again after its first was forgotten
-- has the same name as the first, and is told apart by its event.
insert into mcp.webhook_events
select tenant_id, id, source_id,
  case row_number() over (partition by tenant_id, source_id, delivery_id order by id desc)
    when 1 then delivery_id else left(delivery_id, 160) || '#' || id end,
  event, payload, status, attempts, last_error, next_attempt_at, task_id, traceparent, received_at, processed_at
from mcp_after.webhook_events as event
where exists (select from mcp.webhook_sources as source where source.tenant_id = event.tenant_id and source.id = event.source_id);
delete from mcp.webhook_dlq as dlq where not exists (
  select from mcp.webhook_events as event where event.tenant_id = dlq.tenant_id and event.id = dlq.event_id);
call mcp.protect('webhook_events', system_verbs => '{select,update}', system_jobs => '{sweep}');
create index webhook_events_due on mcp.webhook_events (next_attempt_at) where status = 'received';
create index webhook_events_status on mcp.webhook_events (tenant_id, status, id);

alter table mcp.webhook_sources force row level security;
alter table mcp.webhook_dlq force row level security;
alter table mcp.webhook_dlq
  add foreign key (tenant_id, event_id) references mcp.webhook_events (tenant_id, id) on delete cascade;

drop table mcp.webhook_deliveries;
drop table mcp_after.webhook_events;
drop schema mcp_after;
drop function mcp.make_next_partition(text);
drop procedure mcp.partition_by_time(text, timestamptz);
drop function mcp.next_partition(text);
drop function mcp.time_in_default(text, integer, timestamptz, timestamptz);
drop function mcp.make_partition(text, timestamptz, timestamptz);
drop function mcp.partitions_of(text);
drop function mcp.time_of_id(uuid);
drop function mcp.id_at(timestamptz);
