-- Sign-ins of people, each a family of refresh tokens. An access token names its sign-in, which must still be open; what the
-- person may do is read from mcp.users with it.
create table mcp.sign_ins (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  user_id uuid not null,
  -- `console`, `cli` or the id of an OAuth client.
  client text not null check (length(client) between 1 and 200),
  -- Where its access tokens may be used.
  audience text not null check (length(audience) between 1 and 2000),
  -- Null: everything that the person's role allows.
  scopes text[],
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz not null default now(),
  revoked_at timestamptz,
  revoked_reason text check (revoked_reason in ('signed_out', 'revoked', 'reused', 'password_changed', 'crowded_out')),
  check ((revoked_at is null) = (revoked_reason is null)),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references mcp.users (tenant_id, id) on delete cascade
);
create index sign_ins_of_user on mcp.sign_ins (tenant_id, user_id, id);
create index sign_ins_end on mcp.sign_ins (expires_at);
call mcp.protect('sign_ins', system_verbs => '{select,delete}', system_jobs => '{sweep}');

-- Used tokens stay as long as their sign-in: one that comes again was stolen, or its thief used it first.
create table mcp.refresh_tokens (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  -- SHA-256; the token is 256 random bits.
  token_hash bytea not null check (length(token_hash) = 32),
  sign_in_id uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, token_hash),
  foreign key (tenant_id, sign_in_id) references mcp.sign_ins (tenant_id, id) on delete cascade
);
create index refresh_tokens_of_sign_in on mcp.refresh_tokens (tenant_id, sign_in_id);
call mcp.protect('refresh_tokens');
