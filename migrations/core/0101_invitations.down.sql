drop index mcp.api_keys_rotated;
drop table mcp.invitations;
