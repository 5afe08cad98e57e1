-- Organizations (the tenants) and the API keys that act in them.
create table mcp.organizations (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])$' and length(slug) between 2 and 40),
  name text not null check (length(name) between 1 and 200),
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);
call mcp.protect('organizations', tenant_column => 'id');

create table mcp.api_keys (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text not null,
  type text not null check (type in ('admin', 'gateway', 'agent', 'user')),
  -- The recognizable beginning; the key itself is stored only as its SHA-256.
  prefix text not null,
  token_hash bytea not null unique check (length(token_hash) = 32),
  scopes text[] not null,
  agent_id uuid check ((agent_id is not null) = (type = 'agent')),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  primary key (tenant_id, id)
);
-- Authentication begins with a hash and ends with the tenant, so it alone looks across tenants.
call mcp.protect('api_keys', system_verbs => '{select,update}', system_jobs => '{authenticate}');

-- Answers of writes that carried an Idempotency-Key, kept for a day and encrypted, since an answer may hold a secret.
create table mcp.idempotency_keys (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  key text not null check (length(key) between 1 and 255),
  operation text not null,
  request_hash bytea not null,
  response bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, operation, key)
);
call mcp.protect('idempotency_keys', system_verbs => '{select,delete}', system_jobs => '{sweep}');
create index idempotency_keys_age on mcp.idempotency_keys (created_at);
