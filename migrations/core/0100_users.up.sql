-- The people of an organization, whom their API keys belong to, and an organization that is on its way out.

create table mcp.users (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  -- As people write it, but for its case: two that differ in nothing else reach the same person.
  email text not null check (email = lower(email) and length(email) between 3 and 254 and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  name text not null check (length(name) between 1 and 200),
  role text not null check (role in ('owner', 'admin', 'developer', 'auditor', 'operator')),
  status text not null default 'active' check (status in ('active', 'disabled')),
  -- Argon2id in the PHC format; null for who signs in elsewhere.
  password_hash text check (length(password_hash) <= 512),
  password_changed_at timestamptz check (password_changed_at is not null or password_hash is null),
  created_at timestamptz not null default now(),
  last_signed_in_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, email)
);
call mcp.protect('users');
create index users_owners on mcp.users (tenant_id) where role = 'owner' and status = 'active';

-- Authentication asks what the owner of a key may do now; it is shown no password.
grant select (tenant_id, id, email, name, role, status) on mcp.users to devmesh_system;
create policy system_select on mcp.users for select to devmesh_system
  using (current_setting('app.system_job', true) = 'authenticate');

alter table mcp.api_keys
  -- The person who made it; the key goes when the person goes, and never does more than the person may.
  add column user_id uuid,
  -- The MCP tools it is confined to, as names or patterns with `*`; null: all, but for those denied.
  add column tools_allow text[] check (cardinality(tools_allow) between 1 and 100),
  add column tools_deny text[] not null default '{}' check (cardinality(tools_deny) <= 100),
  -- The key that this one takes the place of.
  add column rotated_from uuid,
  add constraint api_keys_user foreign key (tenant_id, user_id) references mcp.users (tenant_id, id) on delete cascade,
  add constraint api_keys_tools check (type in ('gateway', 'agent') or (tools_allow is null and tools_deny = '{}'));
create index api_keys_user on mcp.api_keys (tenant_id, user_id) where user_id is not null;

alter table mcp.organizations
  -- Since when it is being deleted: nothing opens it any more.
  add column deleting_at timestamptz,
  add constraint organizations_settings check (jsonb_typeof(settings) = 'object' and octet_length(settings::text) <= 4096);
grant select (slug, settings, deleting_at) on mcp.organizations to devmesh_system;
alter policy system_select on mcp.organizations
  using (current_setting('app.system_job', true) = any ('{retention,authenticate}'));

-- Keys that hold all that their type could hold before get what it can hold now.
alter table mcp.api_keys no force row level security;
update mcp.api_keys set scopes = scopes || array(
  select scope from unnest(array['organization:delete', 'users:read', 'users:write', 'policy:read', 'policy:write',
    'vault:write', 'connections:write']) as scope where scope <> all (scopes))
where type = 'admin' and scopes @> array['organization:read', 'organization:write', 'keys:write', 'tools:read', 'tools:write',
  'tools:call', 'agents:read', 'agents:write', 'tasks:read', 'tasks:write', 'webhooks:read', 'webhooks:write',
  'knowledge:read', 'knowledge:write', 'events:read', 'notifications:write', 'audit:read'];
update mcp.api_keys set scopes = array_append(scopes, 'connections:write')
where type = 'user' and not scopes @> '{connections:write}'
  and scopes @> array['organization:read', 'tools:read', 'tools:call', 'agents:read', 'tasks:read', 'tasks:write',
    'webhooks:read', 'knowledge:read', 'events:read', 'notifications:write'];
alter table mcp.api_keys force row level security;
