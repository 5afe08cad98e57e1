drop table mcp.prompt_versions;
drop table mcp.prompts;
