drop table mcp.upstream_subscriptions;
drop table mcp.upstream_servers;
