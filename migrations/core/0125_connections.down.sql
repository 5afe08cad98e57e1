drop table mcp.tool_tokens;
-- What the earlier schema cannot hold.
delete from mcp.organization_tools where kind in ('oauth2', 'clientCredentials', 'jwtBearer');
alter table mcp.organization_tools
  drop constraint organization_tools_of_provider,
  drop constraint organization_tools_provider,
  drop column mode,
  drop column provider_id,
  drop constraint organization_tools_kind_check,
  add constraint organization_tools_kind_check check (kind in ('bearer', 'basic', 'apiKey'));
drop table mcp.connections;
drop table mcp.oauth_providers;
