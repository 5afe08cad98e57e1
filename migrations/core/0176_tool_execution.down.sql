alter table mcp.tool_configurations drop column execution;
