-- MCP servers of others, whose tools, resources and prompts are relayed.
create table mcp.upstream_servers (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  transport text not null check (transport in ('http', 'sse', 'websocket', 'stdio')),
  -- Of a program: what is started, as the operator allows it.
  command text check (length(command) between 1 and 500),
  arguments text[] not null default '{}' check (cardinality(arguments) <= 100),
  working_directory text check (length(working_directory) between 1 and 2000),
  sealed_environment bytea,
  state text not null default 'connecting' check (state in ('connecting', 'connected', 'failed')),
  -- Why it failed, for people.
  reason text check (length(reason) <= 1000),
  protocol_version text check (length(protocol_version) <= 64),
  capabilities jsonb not null default '{}' check (jsonb_typeof(capabilities) = 'object' and octet_length(capabilities::text) <= 65536),
  instructions text check (length(instructions) <= 4000),
  -- What it listed last: a server that is away takes nothing off the lists.
  resources jsonb not null default '[]' check (jsonb_typeof(resources) = 'array'),
  resource_templates jsonb not null default '[]' check (jsonb_typeof(resource_templates) = 'array'),
  prompts jsonb not null default '[]' check (jsonb_typeof(prompts) = 'array'),
  -- Tools that it listed and that could not be taken, with the reasons.
  refused jsonb not null default '[]' check (jsonb_typeof(refused) = 'array'),
  -- Who registered it: lists are read under that person's connection where every person has an own one.
  user_id uuid,
  last_seen_at timestamptz,
  failures integer not null default 0,
  next_look_at timestamptz not null default now(),
  -- Whoever follows it holds the lease; what a holder of an earlier fence brings is refused.
  fence bigint not null default 0,
  leased_until timestamptz,
  primary key (tenant_id, tool_id),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade,
  check ((transport = 'stdio') = (command is not null))
);
call mcp.protect('upstream_servers');

-- Resources of upstream servers that sessions want to hear of.
create table mcp.upstream_subscriptions (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  uri text collate "C" not null check (length(uri) between 1 and 2000),
  ends_at timestamptz not null,
  primary key (tenant_id, tool_id, uri),
  foreign key (tenant_id, tool_id) references mcp.upstream_servers (tenant_id, tool_id) on delete cascade
);
call mcp.protect('upstream_subscriptions');

-- The sweep looks across tenants only to find out which servers nobody follows; it sees nothing else of a row.
grant select (tenant_id, tool_id, next_look_at, leased_until) on mcp.upstream_servers to devmesh_system;
create policy system_select on mcp.upstream_servers for select to devmesh_system
  using (current_setting('app.system_job', true) = 'sweep');
