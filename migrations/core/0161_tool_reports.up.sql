-- How the document of a service was read, so that it can be read again alike, and what could not be taken whole.
alter table mcp.tool_configurations
  -- Where the importer sends its calls, whatever the document says; null where the document decides.
  add column given_base_url text check (length(given_base_url) between 1 and 2000),
  -- Values of the variables of its servers, in place of their defaults.
  add column server_variables jsonb not null default '{}' check (jsonb_typeof(server_variables) = 'object'),
  -- Operations that did not become tools, and tools of which a part was left open, each with its reason.
  add column report jsonb not null default '{"skipped": [], "loosened": []}' check (jsonb_typeof(report) = 'object');
