alter table mcp.tool_configurations
  drop column given_base_url,
  drop column server_variables,
  drop column report;
