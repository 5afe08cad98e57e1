drop table mcp.pinned_tools;
