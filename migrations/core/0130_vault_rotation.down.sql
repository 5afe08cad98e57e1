comment on column mcp.webhook_endpoints.headers is null;
comment on column mcp.webhook_endpoints.previous_secret is null;
comment on column mcp.webhook_endpoints.secret is null;
comment on column mcp.webhook_sources.previous_secret is null;
comment on column mcp.webhook_sources.secret is null;
comment on column mcp.organization_tools.sealed is null;
comment on column mcp.idempotency_keys.response is null;
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
