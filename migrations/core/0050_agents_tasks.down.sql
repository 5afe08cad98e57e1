drop table mcp.tasks;
drop table mcp.agent_registrations;
drop table mcp.agent_capabilities;
drop table mcp.agent_manifests;
