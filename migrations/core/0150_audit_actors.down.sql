drop index mcp.audit_log_order, mcp.audit_log_actor, mcp.audit_log_action, mcp.audit_log_user, mcp.audit_log_agent,
  mcp.audit_log_rule, mcp.audit_log_outcome;
alter table mcp.audit_log drop column user_id, drop column agent_id, drop column key_id, drop column rule, drop column xid;
