drop table mcp.webhook_replays;

alter table mcp.webhook_dlq no force row level security;
alter table mcp.webhook_dlq add column redriven_at timestamptz;
update mcp.webhook_dlq set redriven_at = resolved_at where resolution is not null;
drop index mcp.webhook_dlq_open;
alter table mcp.webhook_dlq
  drop constraint webhook_dlq_resolved,
  drop column run,
  drop column resolution,
  drop column resolved_at,
  drop column note;
alter table mcp.webhook_dlq force row level security;

drop index mcp.webhook_events_replay;
alter table mcp.webhook_events
  drop column run,
  drop column begun,
  drop column effects,
  drop column replay_id;
