-- How often tools are called, by whom, how fast they answer and how often they fail; written by the hour.
create table mcp.tool_usage (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  hour timestamptz not null check (hour = date_trunc('hour', hour, 'UTC')),
  tool text collate "C" not null check (length(tool) between 1 and 64),
  service text collate "C" not null check (length(service) between 1 and 24),
  -- Whom the calls were for: `user`, `agent` or `key`, and its id.
  principal text collate "C" not null check (length(principal) between 1 and 80),
  calls bigint not null,
  errors bigint not null,
  answer_bytes bigint not null,
  milliseconds bigint not null,
  -- Calls by how long they took, each counted under the first bound that it does not pass.
  buckets bigint[] not null,
  primary key (tenant_id, hour, tool, principal)
);
comment on table mcp.tool_usage is 'Calls of tools by hour, tool and caller: how many, how many failed, how long they took.';
call mcp.protect('tool_usage');

-- What one call of a tool of a service costs the organization, in millionths of its currency.
create table mcp.tool_prices (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  micros_per_call bigint not null check (micros_per_call between 0 and 1000000000000),
  primary key (tenant_id, tool_id),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade
);
comment on table mcp.tool_prices is 'What calls of a service cost, as the organization says.';
call mcp.protect('tool_prices');
