-- The policies of organizations as reviewable text with their tests; every version is kept, the highest revision holds.
create table mcp.policy_versions (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  revision integer not null check (revision > 0),
  policies text not null check (octet_length(policies) <= 262144),
  tests jsonb not null check (jsonb_typeof(tests) = 'array'),
  comment text check (length(comment) <= 500),
  changed_by text not null,
  changed_at timestamptz not null default now(),
  primary key (tenant_id, revision)
);
call mcp.protect('policy_versions');
