drop table mcp.limits;
