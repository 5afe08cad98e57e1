-- The trail names the person, the agent and the key behind an actor and the rule that decided, and knows the order of commits.

-- Lines that are there already come before every later one; a constant default does not rewrite them.
alter table mcp.audit_log
  add column user_id uuid,
  add column agent_id uuid,
  add column key_id uuid,
  add column rule text check (length(rule) between 1 and 200),
  add column xid xid8 not null default '0';
alter table mcp.audit_log alter column xid set default pg_current_xact_id();

-- Lines are sealed in the order of their transactions, and of their ids within one.
create index audit_log_order on mcp.audit_log (tenant_id, xid, id);
-- What auditors ask for, newest first. Few lines name a person, an agent or a rule, or tell of a failure.
create index audit_log_actor on mcp.audit_log (tenant_id, actor, id);
create index audit_log_action on mcp.audit_log (tenant_id, action, id);
create index audit_log_user on mcp.audit_log (tenant_id, user_id, id) where user_id is not null;
create index audit_log_agent on mcp.audit_log (tenant_id, agent_id, id) where agent_id is not null;
create index audit_log_rule on mcp.audit_log (tenant_id, rule, id) where rule is not null;
create index audit_log_outcome on mcp.audit_log (tenant_id, outcome, id) where outcome <> 'allowed';
