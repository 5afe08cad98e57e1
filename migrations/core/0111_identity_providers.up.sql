-- Where the people of an organization sign in elsewhere (OpenID Connect), and who they are there.
create table mcp.identity_providers (
  tenant_id uuid not null unique references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 60),
  issuer text not null check (length(issuer) between 8 and 500),
  client_id text not null check (length(client_id) between 1 and 200),
  -- Sealed by the vault; null for a public client.
  client_secret bytea,
  domains text[] not null check (cardinality(domains) <= 20),
  auto_provision boolean not null,
  default_role text not null check (default_role in ('owner', 'admin', 'developer', 'auditor', 'operator')),
  role_claim text check (length(role_claim) between 1 and 100),
  -- [{"value": ..., "role": ...}], in order.
  roles jsonb not null check (jsonb_typeof(roles) = 'array' and octet_length(roles::text) <= 16384),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
call mcp.protect('identity_providers');

-- A person is known by issuer and subject once they have signed in; an address of e-mail can pass to somebody else.
create table mcp.user_identities (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  issuer text not null check (length(issuer) between 8 and 500),
  subject text not null check (length(subject) between 1 and 255),
  user_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, issuer, subject),
  unique (tenant_id, user_id, issuer),
  foreign key (tenant_id, user_id) references mcp.users (tenant_id, id) on delete cascade
);
call mcp.protect('user_identities');
