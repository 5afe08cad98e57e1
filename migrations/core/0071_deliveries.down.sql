create or replace function mcp.growing_tables()
returns table (kind text, table_name text, key_name text, keeps text[], holds text[])
language sql immutable
begin atomic
  values
    (
      'webhooks', 'webhook_events', 'id',
      array[
        $$grown.status = 'received'$$,
        $$grown.status = 'dead' and exists (
          select from mcp.webhook_dlq as letter
          where letter.tenant_id = grown.tenant_id and letter.event_id = grown.id and letter.resolution is null)$$
      ],
      array[$$status = 'received'$$, $$status = 'dead'$$]
    ),
    ('webhooks', 'webhook_dlq', 'id', array[$$grown.resolution is null$$], array[]::text[]),
    -- A delivery is known as long as its event.
    (
      'webhooks', 'webhook_deliveries', 'received_at',
      array[$$exists (
        select from mcp.webhook_events as event where event.tenant_id = grown.tenant_id and event.id = grown.event_id)$$],
      array[]::text[]
    ),
    ('feed', 'mesh_events', 'at', array[]::text[], array[]::text[]),
    ('audit', 'audit_log', 'id', array[]::text[], array[]::text[]);
end;

alter policy system_select on mcp.mesh_events using (current_setting('app.system_job', true) = any ('{retention}'));
drop table mcp.endpoint_attempts;
drop table mcp.endpoint_deliveries;
drop table mcp.webhook_endpoints;
