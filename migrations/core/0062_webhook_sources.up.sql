-- Sources of webhooks: any kind with its settings, two secrets while one is rotated, limits, and a revision.
alter table mcp.webhook_sources
  -- The kinds are the ones the code knows; a source of a kind it does not know receives nothing.
  drop constraint webhook_sources_kind_check,
  add column settings jsonb not null default '{}',
  -- The secret before the last rotation, sealed for the same place, until its grace ends.
  add column previous_secret bytea,
  add column previous_secret_until timestamptz,
  add column tolerance_seconds integer not null default 300 check (tolerance_seconds between 1 and 86400),
  add column enabled boolean not null default true,
  add column requests_per_minute integer not null default 60000 check (requests_per_minute between 1 and 1000000),
  add column maximum_body_bytes integer not null default 26214400
    check (maximum_body_bytes between 1024 and 26214400),
  add column updated_at timestamptz not null default now(),
  -- What a process remembers of a source counts only while the revision is the same.
  add column revision bigint not null default 1,
  add constraint webhook_sources_rotation check ((previous_secret is null) = (previous_secret_until is null));

-- A trigger, so that no writer can forget it.
create function mcp.revise_webhook_source() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.revision := old.revision + 1;
  new.updated_at := now();
  return new;
end
$$;

create trigger revise before update on mcp.webhook_sources
  for each row execute function mcp.revise_webhook_source();

-- What the sender says happened to the subject of the event, e.g. `opened`; for the conditions of rules.
alter table mcp.webhook_events add column action text check (length(action) between 1 and 100);
