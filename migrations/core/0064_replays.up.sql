-- What events caused, how often they were begun, and their replays.
alter table mcp.webhook_events
  -- 1 for the event as it came, one more for each redrive and replay.
  add column run integer not null default 1 check (run > 0),
  -- Times that a worker began on it alone and was not heard of again since it last ended.
  add column begun integer not null default 0 check (begun >= 0),
  -- What each run did: rule, action, subject and a sentence.
  add column effects jsonb not null default '[]',
  -- The range replay that last put it back.
  add column replay_id uuid;
create index webhook_events_replay on mcp.webhook_events (tenant_id, replay_id)
  where status = 'received' and replay_id is not null;

alter table mcp.webhook_dlq no force row level security;
alter table mcp.webhook_dlq
  add column run integer not null default 1,
  -- null: it still waits for a decision.
  add column resolution text check (resolution in ('redriven', 'replayed', 'discarded')),
  add column resolved_at timestamptz,
  -- Why it was discarded.
  add column note text check (length(note) between 1 and 1000);
update mcp.webhook_dlq set resolution = 'redriven', resolved_at = redriven_at where redriven_at is not null;
alter table mcp.webhook_dlq
  drop column redriven_at,
  add constraint webhook_dlq_resolved check ((resolution is null) = (resolved_at is null));
alter table mcp.webhook_dlq force row level security;
create index webhook_dlq_open on mcp.webhook_dlq (tenant_id, id) where resolution is null;

-- Replays of a range of events. A worker advances them; what is put back and the position commit together.
create table mcp.webhook_replays (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  created_by text not null,
  from_time timestamptz not null,
  until_time timestamptz not null,
  source_id uuid,
  event text,
  status text check (status in ('processed', 'dead')),
  state text not null default 'running' check (state in ('running', 'finished', 'cancelled')),
  -- The last event that was looked at.
  position uuid,
  replayed integer not null default 0,
  -- Matching events that waited to be processed anyway.
  skipped integer not null default 0,
  created_at timestamptz not null default now(),
  ended_at timestamptz check ((ended_at is null) = (state = 'running')),
  primary key (tenant_id, id)
);
create index webhook_replays_running on mcp.webhook_replays (tenant_id) where state = 'running';
call mcp.protect('webhook_replays', system_verbs => '{select}', system_jobs => '{sweep}');
