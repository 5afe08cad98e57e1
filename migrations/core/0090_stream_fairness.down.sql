alter table mcp.stream_entries reset (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
alter table mcp.stream_deliveries reset (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);

drop index mcp.stream_deliveries_held;
drop index mcp.stream_deliveries_waiting;

-- What was given back after an earlier delivery is read again as if for the first time.
alter table mcp.stream_deliveries drop constraint stream_deliveries_check;
alter table mcp.stream_deliveries no force row level security;
update mcp.stream_deliveries set deliveries = 0 where held_at is null and deliveries > 0;
alter table mcp.stream_deliveries force row level security;
alter table mcp.stream_deliveries add constraint stream_deliveries_check
  check ((deliveries = 0) = (held_at is null) and (deliveries = 0) = (consumer is null));

create index stream_deliveries_waiting on mcp.stream_deliveries (topic, group_name, entry_id) where deliveries = 0;
create index stream_deliveries_held on mcp.stream_deliveries (topic, group_name, entry_id) where deliveries > 0;
