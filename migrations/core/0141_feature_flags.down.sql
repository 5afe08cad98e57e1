drop table mcp.feature_flags;
