alter table mcp.tool_operations drop column tags;
