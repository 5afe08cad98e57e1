-- Each tenant's random data keys, wrapped by the operator's master key.
create table mcp.tenant_keys (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  version integer not null check (version > 0),
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
call mcp.protect('tenant_keys');
