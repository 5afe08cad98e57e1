drop table mcp.tenant_keys;
