comment on column mcp.tombstones.audit_end is null;
comment on column mcp.organizations.deletion_audit_end is null;
comment on column mcp.idempotency_keys.request_hash is null;
comment on column mcp.tenant_keys.wrapped is null;

drop policy system_update on mcp.tenant_keys;
drop policy system_select on mcp.tenant_keys;
revoke select, update (wrapped) on mcp.tenant_keys from devmesh_system;
-- What was sealed and wrapped in the newer format opens again once this migration is applied again.
drop index mcp.tenant_keys_newest;
drop index mcp.tenant_keys_replaced;
drop index mcp.tenant_keys_current;
alter table mcp.tenant_keys
  drop constraint tenant_keys_use,
  drop column unused_since,
  drop column messages,
  drop column current;
