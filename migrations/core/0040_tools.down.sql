drop table mcp.organization_tools;
drop table mcp.tool_operations;
drop table mcp.tool_configurations;
