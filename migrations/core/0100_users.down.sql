alter table mcp.api_keys no force row level security;
-- What belongs to a person may do no more than the person, which nobody would look at any more; and a rule for tools would be lost.
delete from mcp.api_keys where user_id is not null or tools_allow is not null or tools_deny <> '{}';
update mcp.api_keys set scopes = array(
  select scope from unnest(scopes) as scope
  where scope <> all (array['organization:delete', 'users:read', 'users:write', 'policy:read', 'policy:write', 'vault:write',
    'connections:write']));
alter table mcp.api_keys force row level security;

alter policy system_select on mcp.organizations using (current_setting('app.system_job', true) = 'retention');
revoke select (slug, settings, deleting_at) on mcp.organizations from devmesh_system;
alter table mcp.organizations drop constraint organizations_settings, drop column deleting_at;

alter table mcp.api_keys
  drop constraint api_keys_tools, drop constraint api_keys_user,
  drop column user_id, drop column tools_allow, drop column tools_deny, drop column rotated_from;
drop table mcp.users;
