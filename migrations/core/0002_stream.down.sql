drop table mcp.stream_deliveries;
drop table mcp.stream_entries;
drop table mcp.stream_groups;
