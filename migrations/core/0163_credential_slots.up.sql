-- A service has a credential for each of its security schemes: the organization's, and those of people of their own.
alter table mcp.tool_configurations no force row level security;
alter table mcp.organization_tools no force row level security;

alter table mcp.tool_tokens
  drop constraint tool_tokens_tenant_id_tool_id_fkey,
  drop constraint tool_tokens_pkey,
  add column slot text collate "C" not null default '' check (length(slot) <= 200),
  add column holder text collate "C" not null default '',
  add primary key (tenant_id, tool_id, slot, holder);

alter table mcp.organization_tools
  drop constraint organization_tools_pkey,
  drop constraint organization_tools_kind_check,
  drop constraint organization_tools_location_check,
  drop constraint organization_tools_check,
  -- The scheme that it fills, as the document names it; empty: any that it fits.
  add column slot text collate "C" not null default '' check (length(slot) <= 200),
  -- Whose own it is; null: the organization's.
  add column user_id uuid,
  add column holder text collate "C" not null generated always as (coalesce(user_id::text, '')) stored,
  -- The only origins that it is sent to.
  add column origins text[] not null default '{}',
  add constraint organization_tools_kind_check check (kind in ('bearer', 'basic', 'apiKey', 'header', 'oauth2',
    'clientCredentials', 'jwtBearer', 'mutualTls', 'awsSigV4', 'none')),
  add constraint organization_tools_location_check check (location in ('header', 'query', 'cookie')),
  add constraint organization_tools_place check
    ((location is null) = (location_name is null) and (location is null or kind = 'apiKey')),
  add constraint organization_tools_user foreign key (tenant_id, user_id)
    references mcp.users (tenant_id, id) on delete cascade,
  add primary key (tenant_id, tool_id, slot, holder);

update mcp.organization_tools c
set origins = array[coalesce(substring(t.base_url from '^[a-z]+://[^/?#]+'), t.base_url)]
from mcp.tool_configurations t
where t.tenant_id = c.tenant_id and t.id = c.tool_id;

alter table mcp.organization_tools
  alter column origins drop default,
  add constraint organization_tools_origins check (cardinality(origins) between 1 and 10);
create index organization_tools_users on mcp.organization_tools (tenant_id, user_id) where user_id is not null;

alter table mcp.tool_tokens
  add constraint tool_tokens_of_credential foreign key (tenant_id, tool_id, slot, holder)
    references mcp.organization_tools (tenant_id, tool_id, slot, holder) on delete cascade;

alter table mcp.tool_configurations force row level security;
alter table mcp.organization_tools force row level security;
