-- Services imported from OpenAPI documents, their operations as MCP tools, and the credentials that calls use.
create table mcp.tool_configurations (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text collate "C" not null check (name ~ '^[a-z][a-z0-9_]*$' and length(name) <= 24),
  title text not null,
  version text not null,
  base_url text not null,
  source_url text,
  document_sha256 bytea not null check (length(document_sha256) = 32),
  operation_count integer not null check (operation_count >= 0),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
call mcp.protect('tool_configurations');

create table mcp.tool_operations (
  tenant_id uuid not null,
  -- Bytewise order, so that the catalogue reads alike on every engine and locale.
  name text collate "C" not null check (name ~ '^[a-zA-Z0-9_-]{1,64}$'),
  tool_id uuid not null,
  title text not null,
  description text not null,
  method text not null,
  path text not null,
  -- Where it is called when that is not the base URL of the service.
  server_url text,
  input_schema jsonb not null,
  -- Where each argument goes.
  binding jsonb not null,
  annotations jsonb not null,
  -- Both the look-up of a call and the order of the catalogue.
  primary key (tenant_id, name),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade
);
call mcp.protect('tool_operations');
create index tool_operations_tool on mcp.tool_operations (tenant_id, tool_id);

-- What an organization holds for a service: how calls authenticate, the secret part sealed by the vault.
create table mcp.organization_tools (
  tenant_id uuid not null,
  tool_id uuid not null,
  kind text not null check (kind in ('bearer', 'basic', 'apiKey')),
  -- Where an API key goes.
  location text check (location in ('header', 'query')),
  location_name text,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, tool_id),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade,
  check ((kind = 'apiKey') = (location is not null and location_name is not null))
);
call mcp.protect('organization_tools');
