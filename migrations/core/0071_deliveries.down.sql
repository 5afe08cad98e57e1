alter policy system_select on mcp.mesh_events using (current_setting('app.system_job', true) = any ('{retention}'::text[]));
drop table mcp.endpoint_attempts;
drop table mcp.endpoint_deliveries;
drop table mcp.webhook_endpoints;
