-- What the document of a service tags an operation with, for policies.
alter table mcp.tool_operations add column tags text[] not null default '{}';
