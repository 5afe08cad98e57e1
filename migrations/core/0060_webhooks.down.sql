drop table mcp.webhook_dlq;
drop table mcp.webhook_events;
drop table mcp.webhook_sources;
