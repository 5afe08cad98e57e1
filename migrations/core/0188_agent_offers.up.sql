-- Which of its capabilities a session of an agent offers; null: all.
alter table mcp.agent_registrations add column offers text[] check (cardinality(offers) <= 50);
