-- Feature flags of organizations: variants, for whom which one holds, and what a flag that is off closes.
create table mcp.feature_flags (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  key text not null check (key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  description text not null default '' check (length(description) <= 500),
  kind text not null check (kind in ('boolean', 'string', 'number', 'json')),
  enabled boolean not null,
  variants jsonb not null check (jsonb_typeof(variants) = 'object'),
  default_variant text not null,
  off_variant text not null,
  targeting jsonb not null check (jsonb_typeof(targeting) = 'array'),
  -- Patterns such as `service:github`, `tool:github_*` or `operation:knowledge.*`.
  gates text[] not null check (cardinality(gates) <= 50),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, key)
);
call mcp.protect('feature_flags');
