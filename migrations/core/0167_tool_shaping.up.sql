-- Definitions are pinned by their hash; what an organization makes of them is kept beside them.
alter table mcp.tool_operations
  -- SHA-256 of the canonical JSON of the definition as its source gives it, in hex. Null for rows from before there were pins.
  add column pin text check (pin ~ '^[0-9a-f]{64}$'),
  -- Digest of the override and the route rule that the row shows; null where it shows the definition as it is.
  add column shaping text check (shaping ~ '^[0-9a-f]{64}$'),
  -- The definition as its source gives it, where an override shows another.
  add column base jsonb check (jsonb_typeof(base) = 'object'),
  add column exposure text not null default 'tool' check (exposure in ('tool', 'resource')),
  -- Which of the organization's settings hides it; null where nothing or something else does.
  add column hidden_by text check (hidden_by in ('override', 'rule')),
  -- Arguments that every call has (`fixed`), and those that it has unless it says otherwise (`defaults`).
  add column preset jsonb check (jsonb_typeof(preset) = 'object');

-- What an organization changes of single definitions. Without a reference to the operation: it outlives its absence.
create table mcp.tool_overrides (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  key text collate "C" not null check (length(key) between 1 and 4000),
  override jsonb not null check (jsonb_typeof(override) = 'object' and octet_length(override::text) <= 65536),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, tool_id, key),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade
);
call mcp.protect('tool_overrides');

-- What becomes of operations by method, path and tag, in order: of one service, or (tool_id is null) of all.
create table mcp.tool_route_rules (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  tool_id uuid,
  rules jsonb not null check (jsonb_typeof(rules) = 'array' and octet_length(rules::text) <= 131072),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade
);
create unique index tool_route_rules_of_service on mcp.tool_route_rules (tenant_id, tool_id) where tool_id is not null;
create unique index tool_route_rules_of_all on mcp.tool_route_rules (tenant_id) where tool_id is null;
call mcp.protect('tool_route_rules');
