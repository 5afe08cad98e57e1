-- Keys of a tenant can be replaced: several versions live at once, new secrets are sealed under the current one.
alter table mcp.tenant_keys
  -- Every version that exists so far is the only one of its tenant.
  add column current boolean not null default true,
  -- About how many secrets were sealed under it; processes count in blocks.
  add column messages bigint not null default 0 check (messages >= 0),
  -- Since when no stored secret is sealed under it any more.
  add column unused_since timestamptz,
  add constraint tenant_keys_use check (not current or unused_since is null);
alter table mcp.tenant_keys alter column current set default false;
create unique index tenant_keys_current on mcp.tenant_keys (tenant_id) where current;
create index tenant_keys_replaced on mcp.tenant_keys (tenant_id) where not current;
create index tenant_keys_newest on mcp.tenant_keys (created_at);

-- The job sees wrapped keys of all tenants and may wrap them anew; no secret that they seal is visible to it.
grant select, update (wrapped) on mcp.tenant_keys to devmesh_system;
create policy system_select on mcp.tenant_keys for select to devmesh_system
  using (current_setting('app.system_job', true) = 'vault');
create policy system_update on mcp.tenant_keys for update to devmesh_system
  using (current_setting('app.system_job', true) = 'vault')
  with check (current_setting('app.system_job', true) = 'vault');

-- A column of bytes is registered with the vault as sealed, takes digests of 32 bytes, or says here why it is neither.
comment on column mcp.tenant_keys.wrapped is 'wrapped by a master key';
comment on column mcp.idempotency_keys.request_hash is 'plain: a digest';
comment on column mcp.organizations.deletion_audit_end is 'plain: a digest';
comment on column mcp.tombstones.audit_end is 'plain: a digest';
