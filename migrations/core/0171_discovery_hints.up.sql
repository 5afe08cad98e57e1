-- Where the descriptions of products were found, so that the next instance is asked there first.
create table mcp.discovery_hints (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  -- What the product shows of itself, e.g. a header or the title of its page.
  fingerprint text collate "C" not null check (length(fingerprint) between 1 and 200),
  -- On the same origin.
  path text collate "C" not null check (path like '/%' and length(path) <= 500),
  finds integer not null default 1,
  found_at timestamptz not null default now(),
  primary key (tenant_id, fingerprint, path)
);
call mcp.protect('discovery_hints');
