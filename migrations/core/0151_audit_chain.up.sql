-- The proof of the trail: a hash chain for each tenant over its committed lines, and checkpoints signed with its key.

-- Not partitioned: two seals of one place, or of one line, are refused because both keys are unique over the whole table.
create table mcp.audit_chain (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  seq bigint not null check (seq > 0),
  entry_id uuid not null,
  entry_hash bytea not null check (length(entry_hash) = 32),
  chain_hash bytea not null check (length(chain_hash) = 32),
  sealed_at timestamptz not null default now(),
  primary key (tenant_id, seq),
  unique (tenant_id, entry_id)
);
call mcp.protect('audit_chain', system_verbs => '{insert}', system_jobs => '{audit-seal}');
revoke insert, update, delete on mcp.audit_chain from devmesh_app;

-- How far the lines of a tenant are sealed, and what a sealer holds while it seals them.
create table mcp.audit_positions (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  xid xid8 not null default '0',
  entry_id uuid not null default '00000000-0000-0000-0000-000000000000',
  primary key (tenant_id)
);
call mcp.protect('audit_positions', system_verbs => '{select,insert,update}', system_jobs => '{audit-seal}');
revoke insert, update, delete on mcp.audit_positions from devmesh_app;

-- Ed25519 keys; the latest signs. A key comes with a note that it, and the key before it, have signed.
create table mcp.audit_keys (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  number integer not null check (number > 0),
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  -- Sealed by the vault; null once the next key has taken over.
  private_key bytea,
  note text not null check (length(note) <= 4096),
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (tenant_id, number),
  unique (tenant_id, fingerprint)
);
call mcp.protect('audit_keys');
revoke update, delete on mcp.audit_keys from devmesh_app;
grant update (private_key, retired_at) on mcp.audit_keys to devmesh_app;

-- A cut is the last place that retention removes, with everything before it.
create table mcp.audit_checkpoints (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  seq bigint not null check (seq >= 0),
  kind text not null check (kind in ('regular', 'cut')),
  note text not null check (length(note) <= 4096),
  at timestamptz not null default now(),
  primary key (tenant_id, seq, kind)
);
call mcp.protect('audit_checkpoints');
revoke update, delete on mcp.audit_checkpoints from devmesh_app;
create index audit_checkpoints_cut on mcp.audit_checkpoints (tenant_id, seq) where kind = 'cut';
create index audit_checkpoints_age on mcp.audit_checkpoints (tenant_id, at);

-- The arguments of tool calls, sealed by the vault, where the organization keeps them.
create table mcp.audit_bodies (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  entry_id uuid not null,
  sealed bytea not null,
  primary key (tenant_id, entry_id)
);
call mcp.protect('audit_bodies', system_verbs => '{select,delete}', system_jobs => '{retention}');
revoke update, delete on mcp.audit_bodies from devmesh_app;
-- Only for the vault, which seals them anew when a key is replaced.
grant update (sealed) on mcp.audit_bodies to devmesh_app;

-- What the sealer sees across tenants.
grant select on mcp.audit_log to devmesh_system;
create policy system_sealing on mcp.audit_log for select to devmesh_system
  using (current_setting('app.system_job', true) = 'audit-seal');
create policy system_sealing on mcp.organizations for select to devmesh_system
  using (current_setting('app.system_job', true) = 'audit-seal');

-- Retention removes whole prefixes of a chain: what a signed cut covers, and nothing that any organization must keep.
grant select, delete on mcp.audit_chain, mcp.audit_checkpoints to devmesh_system;
create policy system_select on mcp.audit_chain for select to devmesh_system
  using (current_setting('app.system_job', true) = any ('{audit-seal,retention}'));
create policy system_select on mcp.audit_checkpoints for select to devmesh_system
  using (current_setting('app.system_job', true) = any ('{audit-seal,retention}'));
alter policy system_delete on mcp.audit_log
  using (current_setting('app.system_job', true) = 'retention' and id < mcp.id_at(now() - interval '90 days') and exists (
    select from mcp.audit_chain as link
    where link.tenant_id = audit_log.tenant_id and link.entry_id = audit_log.id and link.seq <= (
      select max(cut.seq) from mcp.audit_checkpoints as cut
      where cut.tenant_id = link.tenant_id and cut.kind = 'cut')));
create policy system_delete on mcp.audit_chain for delete to devmesh_system
  using (current_setting('app.system_job', true) = 'retention' and entry_id < mcp.id_at(now() - interval '90 days')
    and seq <= (
      select max(cut.seq) from mcp.audit_checkpoints as cut
      where cut.tenant_id = audit_chain.tenant_id and cut.kind = 'cut'));
create policy system_delete on mcp.audit_checkpoints for delete to devmesh_system
  using (current_setting('app.system_job', true) = 'retention');

-- The trail of an organization goes with it, in batches.
call mcp.let_erase('audit_chain');
call mcp.let_erase('audit_positions');
call mcp.let_erase('audit_keys');
call mcp.let_erase('audit_checkpoints');
call mcp.let_erase('audit_bodies');

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
    -- The policies of deletion say which lines may go; a partition goes when none is left in it.
    ('audit', 'audit_log', 'id', array[]::text[], array['true']),
    -- The link of a line goes after it: it tells that the line may go.
    (
      'audit', 'audit_chain', 'entry_id',
      array[$$exists (
        select from mcp.audit_log as line where line.tenant_id = grown.tenant_id and line.id = grown.entry_id)$$],
      array[]::text[]
    ),
    ('audit', 'audit_bodies', 'entry_id', array[]::text[], array[]::text[]),
    -- The latest cut stays, and every checkpoint of what is still there.
    (
      'audit', 'audit_checkpoints', 'at',
      array[$$not exists (
        select from mcp.audit_checkpoints as cut
        where cut.tenant_id = grown.tenant_id and cut.kind = 'cut' and cut.seq > grown.seq)$$],
      array[]::text[]
    ),
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
