alter table mcp.tool_operations
  drop constraint tool_operations_key,
  drop column key,
  drop column output_schema,
  drop column security,
  drop column hidden_reason;
alter table mcp.tool_configurations drop column kind;
