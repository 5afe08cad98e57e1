-- What people let OAuth clients do for them at our MCP endpoints. Clients themselves are not stored: an id is the address of
-- its client's document, or the client's metadata with our signature.
create table mcp.authorization_grants (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  user_id uuid not null,
  -- `oauth:` and the SHA-256 of the client's id.
  client text not null check (length(client) between 1 and 200),
  client_name text not null check (length(client_name) between 1 and 100),
  -- The address of the client's document; null for one that registered.
  client_url text check (length(client_url) <= 512),
  redirect_host text not null check (length(redirect_host) between 1 and 512),
  resource text not null check (length(resource) between 1 and 2000),
  scopes text[] not null check (cardinality(scopes) between 1 and 100),
  created_at timestamptz not null default now(),
  consented_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, user_id, client, resource),
  foreign key (tenant_id, user_id) references mcp.users (tenant_id, id) on delete cascade
);
call mcp.protect('authorization_grants');

-- Used codes stay for a day: one that comes again was stolen, or its thief used it first.
create table mcp.authorization_codes (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  -- SHA-256; the code is 256 random bits.
  code_hash bytea not null check (length(code_hash) = 32),
  grant_id uuid not null,
  scopes text[] not null check (cardinality(scopes) between 1 and 100),
  redirect_uri text not null check (length(redirect_uri) between 1 and 512),
  code_challenge text not null check (length(code_challenge) = 43),
  expires_at timestamptz not null,
  used_at timestamptz,
  -- The sign-in that it gave; no foreign key, as a sign-in may be forgotten before its code.
  sign_in_id uuid,
  primary key (tenant_id, code_hash),
  foreign key (tenant_id, grant_id) references mcp.authorization_grants (tenant_id, id) on delete cascade
);
create index authorization_codes_end on mcp.authorization_codes (tenant_id, expires_at);
create index authorization_codes_of_grant on mcp.authorization_codes (tenant_id, grant_id);
call mcp.protect('authorization_codes');
