drop table mcp.refresh_tokens;
drop table mcp.sign_ins;
