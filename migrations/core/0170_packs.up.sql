-- Services that are instances of a provider pack, and which of a service's operations are listed as tools.
alter table mcp.tool_configurations
  -- The pack that it was installed from.
  add column pack text check (pack ~ '^[a-z][a-z0-9-]{0,39}$'),
  -- Whether operations that come later are listed: all of them, or only those that somebody chose.
  add column listing text not null default 'all' check (listing in ('all', 'chosen'));

alter table mcp.tool_operations
  -- What is not listed is still found and called.
  add column listed boolean not null default true,
  -- What the stored credential lacks for it, for people; it is hidden for that reason where nothing else hides it.
  add column lacking text check (length(lacking) between 1 and 500);
