drop table mcp.tool_drift;
drop table mcp.tool_refreshes;
