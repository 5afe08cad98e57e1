drop policy system_erase on mcp.stream_groups;
drop policy system_seek on mcp.stream_groups;
drop policy system_erase on mcp.stream_deliveries;
drop policy system_seek on mcp.stream_deliveries;
drop policy system_erase on mcp.stream_entries;
drop policy system_seek on mcp.stream_entries;
drop policy system_erase on mcp.audit_log;
drop policy system_seek on mcp.audit_log;
drop procedure mcp.let_erase(text);
drop function mcp.is_to_be_erased(uuid);

alter policy system_select on mcp.organizations using (current_setting('app.system_job', true) = any ('{retention,authenticate}'));
drop table mcp.tombstones;
drop index mcp.organizations_deleting;
alter table mcp.organizations drop column deletion_requested_by, drop column deletion_audit_end;
