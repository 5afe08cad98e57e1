-- Reads go round the tenants: from one tenant with unread entries to the next in the index, and to the first few entries
-- of each. An entry is unread while nobody holds it; one that was given back is unread again and keeps its count.
-- Claims look for entries by how often they were delivered and how long they have been held, because the time that an
-- entry is left alone grows with its deliveries; from the 24th on all are in one place.

drop index mcp.stream_deliveries_waiting;
drop index mcp.stream_deliveries_held;

alter table mcp.stream_deliveries drop constraint stream_deliveries_check;
alter table mcp.stream_deliveries add constraint stream_deliveries_check
  check ((held_at is null) = (consumer is null) and deliveries >= case when held_at is null then 0 else 1 end);

create index stream_deliveries_waiting on mcp.stream_deliveries (topic, group_name, tenant_id, entry_id)
  where held_at is null;
create index stream_deliveries_held on mcp.stream_deliveries (topic, group_name, least(deliveries, 24), held_at)
  where held_at is not null;

-- A queue turns over faster than the usual fifth of a table's rows.
alter table mcp.stream_deliveries set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
alter table mcp.stream_entries set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
