-- Sources of other kinds stay as rows, which is why the old check is added for new rows only.
alter table mcp.webhook_events drop column action;
drop trigger revise on mcp.webhook_sources;
drop function mcp.revise_webhook_source();
alter table mcp.webhook_sources
  drop constraint webhook_sources_rotation,
  drop column settings,
  drop column previous_secret,
  drop column previous_secret_until,
  drop column tolerance_seconds,
  drop column enabled,
  drop column requests_per_minute,
  drop column maximum_body_bytes,
  drop column updated_at,
  drop column revision,
  add constraint webhook_sources_kind_check check (kind in ('github')) not valid;
