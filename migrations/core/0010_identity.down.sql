drop table mcp.idempotency_keys;
drop table mcp.api_keys;
drop table mcp.organizations;
