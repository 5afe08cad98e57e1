alter table mcp.upstream_servers drop column findings;
