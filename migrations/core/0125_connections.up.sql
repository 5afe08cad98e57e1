-- Other parties' authorization servers, the consents that people gave there, and tokens that services got by other grants.
create table mcp.oauth_providers (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
  preset text not null check (length(preset) between 1 and 40),
  -- Issuer and endpoints, as the preset, discovery or the organization gave them.
  endpoints jsonb not null check (jsonb_typeof(endpoints) = 'object' and octet_length(endpoints::text) <= 8192),
  client_id text not null check (length(client_id) between 1 and 1024),
  client_authentication text not null check (client_authentication in ('basic', 'post', 'none')),
  sealed_client_secret bytea,
  scopes text[] not null check (cardinality(scopes) <= 100),
  pkce boolean not null,
  -- The resource that tokens are asked for (RFC 8707).
  resource text check (length(resource) <= 2000),
  -- The only hosts that its tokens are sent to.
  api_hosts text[] not null check (cardinality(api_hosts) between 1 and 20),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name),
  check ((client_authentication = 'none') = (sealed_client_secret is null))
);
call mcp.protect('oauth_providers');

create table mcp.connections (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  provider_id uuid not null,
  -- Null: the organization's own, which everybody's calls use.
  user_id uuid,
  status text not null default 'active' check (status in ('active', 'expired', 'revoked', 'consent_missing')),
  -- Who consented, as the provider names the account.
  account_id text check (length(account_id) <= 500),
  account_name text check (length(account_name) <= 500),
  details jsonb not null default '{}' check (octet_length(details::text) <= 65536),
  scopes text[] not null default '{}' check (cardinality(scopes) <= 500),
  sealed_access bytea not null,
  sealed_refresh bytea,
  -- Null: the provider told no end.
  access_expires_at timestamptz,
  -- From when on it is renewed; spread, so that what was granted together is not renewed together.
  renew_after timestamptz,
  last_error text check (length(last_error) <= 500),
  consented_at timestamptz not null,
  renewed_at timestamptz not null,
  -- Whoever renews holds the lease; what a holder of an earlier fence brings is refused.
  fence bigint not null default 0,
  leased_until timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, provider_id) references mcp.oauth_providers (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references mcp.users (tenant_id, id) on delete cascade
);
create unique index connections_of_user on mcp.connections (tenant_id, provider_id, user_id) where user_id is not null;
create unique index connections_of_organization on mcp.connections (tenant_id, provider_id) where user_id is null;
create index connections_users on mcp.connections (tenant_id, user_id);
call mcp.protect('connections');

alter table mcp.organization_tools
  drop constraint organization_tools_kind_check,
  add constraint organization_tools_kind_check
    check (kind in ('bearer', 'basic', 'apiKey', 'oauth2', 'clientCredentials', 'jwtBearer')),
  add column provider_id uuid,
  -- Whose connection calls use: that of the person behind the call, or the organization's.
  add column mode text check (mode in ('user', 'organization')),
  add constraint organization_tools_provider check ((kind = 'oauth2') = (provider_id is not null and mode is not null)),
  add constraint organization_tools_of_provider foreign key (tenant_id, provider_id)
    references mcp.oauth_providers (tenant_id, id);
create index organization_tools_providers on mcp.organization_tools (tenant_id, provider_id) where provider_id is not null;

-- The present token of a service that authenticates by client credentials or a signed assertion.
create table mcp.tool_tokens (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  -- Null until the first token came.
  sealed bytea,
  access_expires_at timestamptz,
  renew_after timestamptz,
  renewed_at timestamptz,
  last_error text check (length(last_error) <= 500),
  fence bigint not null default 0,
  leased_until timestamptz,
  primary key (tenant_id, tool_id),
  foreign key (tenant_id, tool_id) references mcp.organization_tools (tenant_id, tool_id) on delete cascade
);
call mcp.protect('tool_tokens');
