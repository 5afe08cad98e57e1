drop table mcp.authorization_codes;
drop table mcp.authorization_grants;
