-- Prompts that an organization writes for its agents, and which of their versions clients get.
create table mcp.prompts (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$'),
  version integer not null check (version >= 1),
  latest_version integer not null check (latest_version >= version),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
call mcp.protect('prompts');

-- What a prompt was in each of its versions; never changed.
create table mcp.prompt_versions (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  prompt_name text collate "C" not null,
  version integer not null check (version >= 1),
  -- Title, description, arguments and messages.
  definition jsonb not null check (jsonb_typeof(definition) = 'object' and octet_length(definition::text) <= 1048576),
  created_at timestamptz not null default now(),
  primary key (tenant_id, prompt_name, version),
  foreign key (tenant_id, prompt_name) references mcp.prompts (tenant_id, name) on delete cascade
);
call mcp.protect('prompt_versions');
