alter table mcp.agent_registrations drop column offers;
