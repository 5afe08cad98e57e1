drop table mcp.user_identities;
drop table mcp.identity_providers;
