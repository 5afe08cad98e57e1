-- Tools of several services under a name and an endpoint of their own.
create table mcp.tool_sets (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  -- Title, what is in it, and how it is shown.
  definition jsonb not null check (jsonb_typeof(definition) = 'object' and octet_length(definition::text) <= 262144),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
call mcp.protect('tool_sets');
