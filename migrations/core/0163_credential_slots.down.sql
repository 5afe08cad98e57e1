alter table mcp.tool_tokens no force row level security;
alter table mcp.organization_tools no force row level security;
-- What the earlier schema cannot hold.
delete from mcp.organization_tools
where slot <> '' or holder <> '' or kind in ('header', 'mutualTls', 'awsSigV4', 'none') or location = 'cookie'
  or (kind = 'apiKey' and location is null);

alter table mcp.tool_tokens
  drop constraint tool_tokens_of_credential,
  drop constraint tool_tokens_pkey,
  drop column slot,
  drop column holder,
  add primary key (tenant_id, tool_id);

drop index mcp.organization_tools_users;
alter table mcp.organization_tools
  drop constraint organization_tools_pkey,
  drop constraint organization_tools_kind_check,
  drop constraint organization_tools_location_check,
  drop constraint organization_tools_place,
  drop constraint organization_tools_user,
  drop constraint organization_tools_origins,
  drop column holder,
  drop column user_id,
  drop column slot,
  drop column origins,
  add constraint organization_tools_kind_check
    check (kind in ('bearer', 'basic', 'apiKey', 'oauth2', 'clientCredentials', 'jwtBearer')),
  add constraint organization_tools_location_check check (location in ('header', 'query')),
  add constraint organization_tools_check
    check ((kind = 'apiKey') = (location is not null and location_name is not null)),
  add primary key (tenant_id, tool_id);

alter table mcp.tool_tokens
  add constraint tool_tokens_tenant_id_tool_id_fkey foreign key (tenant_id, tool_id)
    references mcp.organization_tools (tenant_id, tool_id) on delete cascade;

alter table mcp.tool_tokens force row level security;
alter table mcp.organization_tools force row level security;
