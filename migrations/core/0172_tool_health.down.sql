drop policy system_select on mcp.tool_configurations;
revoke select (tenant_id, id, kind) on mcp.tool_configurations from devmesh_system;
drop table mcp.tool_probes;
drop table mcp.tool_health;
