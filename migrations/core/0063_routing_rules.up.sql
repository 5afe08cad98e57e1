-- Routing rules of an organization: which events cause what. Those that sources had move here.
create table mcp.routing_rules (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 150),
  -- Rules are looked at in this order, then by id.
  position integer not null,
  -- null: every source.
  source_id uuid,
  -- Names, or beginnings of names with a `*` behind.
  events text[] not null check (cardinality(events) between 1 and 20),
  -- JsonLogic; null: always.
  condition jsonb,
  action jsonb not null check (action ->> 'type' is not null),
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name),
  foreign key (tenant_id, source_id) references mcp.webhook_sources (tenant_id, id) on delete cascade
);
create index routing_rules_order on mcp.routing_rules (tenant_id, position, id);
create index routing_rules_source on mcp.routing_rules (tenant_id, source_id);

-- Grows with every change of a tenant's rules, so that what a worker remembers of them ends.
create table mcp.routing_revisions (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  revision bigint not null default 1,
  primary key (tenant_id)
);

alter table mcp.webhook_sources no force row level security;
insert into mcp.routing_rules (tenant_id, id, name, position, source_id, events, action)
select source.tenant_id, gen_random_uuid(), source.name || ' ' || rule.n,
  row_number() over (partition by source.tenant_id order by source.created_at, source.id, rule.n),
  source.id, array[rule.value ->> 'event'],
  jsonb_build_object(
    'type', 'task', 'title', rule.value -> 'task' ->> 'title', 'capability', rule.value -> 'task' ->> 'capability',
    'priority', 5, 'description', '')
from mcp.webhook_sources as source, jsonb_array_elements(source.rules) with ordinality as rule (value, n);
insert into mcp.routing_revisions (tenant_id) select distinct tenant_id from mcp.routing_rules;
alter table mcp.webhook_sources force row level security;
alter table mcp.webhook_sources drop column rules;

call mcp.protect('routing_rules');
call mcp.protect('routing_revisions');
