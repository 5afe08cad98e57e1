drop table mcp.tool_sets;
