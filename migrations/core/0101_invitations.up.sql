-- Invitations to an organization: who holds the token becomes a user of it, once.
create table mcp.invitations (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  email text not null check (email = lower(email) and length(email) between 3 and 254 and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  role text not null check (role in ('owner', 'admin', 'developer', 'auditor', 'operator')),
  token_hash bytea not null unique check (length(token_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- The person who invited, or the key that belongs to nobody; what they may still do is asked again when it is accepted.
  invited_by_user uuid,
  invited_by_key uuid,
  accepted_at timestamptz,
  -- The user that it made, who may have been removed since.
  accepted_by uuid,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  check ((invited_by_user is null) <> (invited_by_key is null)),
  check ((accepted_at is null) = (accepted_by is null) and (accepted_at is null or revoked_at is null))
);
call mcp.protect('invitations');
create unique index invitations_open on mcp.invitations (tenant_id, email) where accepted_at is null and revoked_at is null;
-- The token alone tells which organization it is for.
grant select (tenant_id, token_hash) on mcp.invitations to devmesh_system;
create policy system_select on mcp.invitations for select to devmesh_system
  using (current_setting('app.system_job', true) = 'authenticate');

-- One key takes the place of another.
create unique index api_keys_rotated on mcp.api_keys (tenant_id, rotated_from) where rotated_from is not null;
