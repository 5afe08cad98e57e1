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
    ('audit', 'audit_log', 'id', array[]::text[], array[]::text[]),
    -- The attempts of a delivery go with it.
    (
      'webhooks', 'endpoint_deliveries', 'created_at',
      array[$$grown.status = 'waiting' and exists (
        select from mcp.webhook_endpoints as endpoint
        where endpoint.tenant_id = grown.tenant_id and endpoint.id = grown.endpoint_id and endpoint.enabled)$$],
      array[]::text[]
    ),
    ('feed', 'notifications', 'created_at', array[]::text[], array[]::text[]);
end;

drop policy system_sealing on mcp.organizations;
drop policy system_sealing on mcp.audit_log;
alter policy system_delete on mcp.audit_log
  using (current_setting('app.system_job', true) = 'retention' and id < mcp.id_at(now() - interval '90 days'));
-- It looks at checkpoints, which go first.
drop policy system_delete on mcp.audit_chain;
drop table mcp.audit_bodies;
drop table mcp.audit_checkpoints;
drop table mcp.audit_keys;
drop table mcp.audit_positions;
drop table mcp.audit_chain;
