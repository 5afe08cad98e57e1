-- Tools that clients see beside the search when they see no others.
create table mcp.pinned_tools (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  -- Not a foreign key: a tool that is imported again under its name stays pinned.
  name text collate "C" not null check (length(name) between 1 and 64),
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
comment on table mcp.pinned_tools is 'Tools that stay in lists that otherwise hold the meta tools only.';
call mcp.protect('pinned_tools');
