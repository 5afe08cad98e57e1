-- What is left of an organization that was deleted, and how what it had is removed.

alter table mcp.organizations
  add column deletion_requested_by text
    check (length(deletion_requested_by) <= 200 and (deletion_requested_by is null) = (deleting_at is null)),
  -- Where its audit trail ended, kept here until the tombstone has it.
  add column deletion_audit_end bytea check (length(deletion_audit_end) <= 64);
create index organizations_deleting on mcp.organizations (deleting_at) where deleting_at is not null;

create table mcp.tombstones (
  -- Without a reference: it outlives what it tells of.
  tenant_id uuid not null primary key,
  -- SHA-256 of the id and the slug: whoever knows both can tell that this is the one.
  slug_hash bytea not null check (length(slug_hash) = 32),
  requested_at timestamptz not null,
  requested_by text not null,
  deleted_at timestamptz not null default now(),
  -- The last hash of its audit trail, if there was one: an exported copy that ends with it is whole.
  audit_end bytea,
  -- Since when nothing that was under way at the deletion can have left anything behind.
  swept_at timestamptz
);
call mcp.protect('tombstones');
revoke delete on mcp.tombstones from devmesh_app;
create index tombstones_unswept on mcp.tombstones (deleted_at) where swept_at is null;

-- The job finds its work across organizations. What it does to one it does as that organization, and as itself only where the
-- application may not delete: there it sees one named organization, and only if that is being deleted or is deleted.
grant select on mcp.tombstones to devmesh_system;
create policy system_select on mcp.tombstones for select to devmesh_system
  using (current_setting('app.system_job', true) = 'delete-organization');
alter policy system_select on mcp.organizations
  using (current_setting('app.system_job', true) = any ('{retention,authenticate,delete-organization}'));

create function mcp.is_to_be_erased(tenant uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  select current_setting('app.system_job', true) = 'delete-organization'
    and tenant = nullif(current_setting('app.tenant_id', true), '')::uuid
    and (exists (select from mcp.organizations where id = tenant and deleting_at is not null)
      or exists (select from mcp.tombstones where tenant_id = tenant));
end;
revoke execute on function mcp.is_to_be_erased(uuid) from public;
grant execute on function mcp.is_to_be_erased(uuid) to devmesh_system;

-- Call it for a table of schema mcp from which devmesh_app may not delete.
create procedure mcp.let_erase(table_name text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('grant select, delete on mcp.%I to devmesh_system', table_name);
  execute format('create policy system_erase on mcp.%I for delete to devmesh_system using (mcp.is_to_be_erased(tenant_id))', table_name);
  execute format('create policy system_seek on mcp.%I for select to devmesh_system using (mcp.is_to_be_erased(tenant_id))', table_name);
end
$$;
revoke execute on procedure mcp.let_erase(text) from public;

call mcp.let_erase('audit_log');
call mcp.let_erase('stream_entries');
call mcp.let_erase('stream_deliveries');
-- None of its rows belongs to an organization.
call mcp.let_erase('stream_groups');
