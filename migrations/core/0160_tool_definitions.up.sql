-- Services of other kinds than OpenAPI, and what a tool's definition says besides its input.
alter table mcp.tool_configurations add column kind text not null default 'openapi' check (kind in ('openapi', 'mcp'));

alter table mcp.tool_operations
  -- What the definition is known by in its service while all else may change: method and path, or the upstream's name.
  add column key text collate "C" not null generated always as (method || ' ' || path) stored,
  add column output_schema jsonb,
  -- The alternatives by which its calls may authenticate, as the service declares them.
  add column security jsonb not null default '[]' check (jsonb_typeof(security) = 'array'),
  -- Why it is not offered, for people; null where it is.
  add column hidden_reason text check (length(hidden_reason) between 1 and 500);
-- Whoever inserts says it from now on; the rows that were here have been given theirs.
alter table mcp.tool_operations alter column key drop expression;
alter table mcp.tool_operations add constraint tool_operations_key unique (tenant_id, tool_id, key);
