drop table mcp.tool_prices;
drop table mcp.tool_usage;
