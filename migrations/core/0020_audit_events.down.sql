drop table mcp.mesh_events;
drop table mcp.audit_log;
