-- What in the lists of a server looks like an attempt on the models that read them, when it was looked at last.
alter table mcp.upstream_servers
  add column findings jsonb not null default '[]' check (jsonb_typeof(findings) = 'array');
