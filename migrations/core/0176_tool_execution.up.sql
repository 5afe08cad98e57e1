-- How calls of a service are carried out, where an organization wants it otherwise than by default: only what it set.
alter table mcp.tool_configurations add column execution jsonb
  check (jsonb_typeof(execution) = 'object' and length(execution::text) <= 1000);
