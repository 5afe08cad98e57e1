alter table mcp.tool_operations drop column lacking, drop column listed;
alter table mcp.tool_configurations drop column listing, drop column pack;
