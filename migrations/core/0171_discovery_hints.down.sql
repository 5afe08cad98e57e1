drop table mcp.discovery_hints;
