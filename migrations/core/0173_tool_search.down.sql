drop trigger note_update on mcp.tool_configurations;
drop trigger note_delete on mcp.tool_operations;
drop trigger note_update on mcp.tool_operations;
drop trigger note_insert on mcp.tool_operations;
drop function mcp.note_tool_change();
drop table mcp.tool_search;
drop table mcp.tool_search_state;
