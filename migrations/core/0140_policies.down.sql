drop table mcp.policy_versions;
