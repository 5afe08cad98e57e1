alter table mcp.webhook_sources add column rules jsonb not null default '[]';

-- What sources could say before: rules of their own that create a task for one event.
alter table mcp.webhook_sources no force row level security;
alter table mcp.routing_rules no force row level security;
update mcp.webhook_sources as source set rules = own.rules
from (
  select rule.tenant_id, rule.source_id, jsonb_agg(
    jsonb_build_object('event', event.name, 'task', jsonb_build_object(
      'title', rule.action -> 'title', 'capability', rule.action -> 'capability'))
    order by rule.position, rule.id, event.n) as rules
  from mcp.routing_rules as rule, unnest(rule.events) with ordinality as event (name, n)
  where rule.action ->> 'type' = 'task' and rule.condition is null and rule.enabled
  group by rule.tenant_id, rule.source_id
) as own
where source.tenant_id = own.tenant_id and source.id = own.source_id;
alter table mcp.webhook_sources force row level security;

drop table mcp.routing_rules;
drop table mcp.routing_revisions;
