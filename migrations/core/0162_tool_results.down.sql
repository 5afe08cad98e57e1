drop table mcp.tool_results;
