alter table mcp.api_keys no force row level security;
update mcp.api_keys set scopes = array_remove(scopes, 'notifications:write') where scopes @> '{notifications:write}';
alter table mcp.api_keys force row level security;
drop table mcp.notification_reads;
drop table mcp.notifications;
