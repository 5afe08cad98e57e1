import type { RuleActionSettings } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Condition } from './condition.ts';
import type { Rule } from './rules.ts';

export interface RuleRow extends Rule {
  readonly position: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;
const columns = sql`id, name, position, source_id as "sourceId", events, condition, action, enabled,
  created_at as "createdAt", updated_at as "updatedAt"`;

/** Begins a change of the tenant's rules: changes wait for each other, and what others remember of the rules ends. */
export async function reviseRules(tx: Tx): Promise<void> {
  await sql`
    insert into mcp.routing_revisions (tenant_id) values (${ownTenant})
    on conflict (tenant_id) do update set revision = routing_revisions.revision + 1`.execute(tx);
}

/** The revision of the tenant's rules; 0 before there were any. */
export async function selectRevision(tx: Tx): Promise<number> {
  const { rows } = await sql<{ revision: number }>`select revision from mcp.routing_revisions`.execute(tx);
  return rows[0]?.revision ?? 0;
}

/** The tenant's rules in their order, with the revision that they are of; without the disabled ones unless asked for. */
export async function selectRuleSet(
  tx: Tx,
  { disabled }: { readonly disabled: boolean } = { disabled: false },
): Promise<{ readonly revision: number; readonly rules: readonly Rule[] }> {
  const { rows } = await sql<{ revision: number; rules: readonly Rule[] }>`
    select coalesce((select revision from mcp.routing_revisions), 0) as revision, coalesce((
      select json_agg(json_build_object('id', id, 'name', name, 'sourceId', source_id, 'events', events,
                                        'condition', condition, 'action', action, 'enabled', enabled)
                      order by position, id)
      from mcp.routing_rules where enabled or ${disabled}::boolean), '[]') as rules`.execute(tx);
  return rows[0] ?? { revision: 0, rules: [] };
}

export interface RuleValues {
  readonly name: string;
  readonly sourceId: string | null;
  readonly events: readonly string[];
  readonly condition: Condition;
  readonly action: RuleActionSettings;
  readonly enabled: boolean;
}

/** Inserts a rule as the last; undefined where the name is taken. */
export async function insertRule(tx: Tx, id: string, rule: RuleValues): Promise<RuleRow | undefined> {
  const { rows } = await sql<RuleRow>`
    insert into mcp.routing_rules (tenant_id, id, position, name, source_id, events, condition, action, enabled)
    values (${ownTenant}, ${id}, (select coalesce(max(position), 0) + 1 from mcp.routing_rules), ${rule.name},
            ${rule.sourceId}, ${[...rule.events]}::text[], ${jsonOf(rule.condition)}::text::jsonb,
            ${JSON.stringify(rule.action)}::text::jsonb, ${rule.enabled})
    on conflict (tenant_id, name) do nothing returning ${columns}`.execute(tx);
  return rows[0];
}

/** Replaces what a rule says. */
export async function updateRule(tx: Tx, id: string, rule: RuleValues): Promise<RuleRow | undefined> {
  const { rows } = await sql<RuleRow>`
    update mcp.routing_rules
    set name = ${rule.name}, source_id = ${rule.sourceId}, events = ${[...rule.events]}::text[],
        condition = ${jsonOf(rule.condition)}::text::jsonb, action = ${JSON.stringify(rule.action)}::text::jsonb,
        enabled = ${rule.enabled}, updated_at = now()
    where id = ${id} returning ${columns}`.execute(tx);
  return rows[0];
}

export async function deleteRule(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.routing_rules where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}

export async function selectRule(tx: Tx, id: string): Promise<RuleRow | undefined> {
  const { rows } = await sql<RuleRow>`select ${columns} from mcp.routing_rules where id = ${id}`.execute(tx);
  return rows[0];
}

export async function selectRuleByName(tx: Tx, name: string): Promise<{ readonly id: string } | undefined> {
  const { rows } = await sql<{ id: string }>`select id from mcp.routing_rules where name = ${name}`.execute(tx);
  return rows[0];
}

export async function countRules(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from mcp.routing_rules`.execute(tx);
  return rows[0]?.count ?? 0;
}

interface RuleFilter {
  /** The position and id after which to begin. */
  readonly after: { readonly position: number; readonly id: string } | undefined;
  readonly limit: number;
  readonly sourceId: string | undefined;
}

/** In their order, one more than `limit`. */
export async function selectRules(tx: Tx, { after, limit, sourceId }: RuleFilter): Promise<readonly RuleRow[]> {
  const { rows } = await sql<RuleRow>`
    select ${columns} from mcp.routing_rules
    where (${after?.id ?? null}::uuid is null
           or (position, id) > (${after?.position ?? 0}::integer, ${after?.id ?? null}::uuid))
      and (${sourceId ?? null}::uuid is null or source_id = ${sourceId ?? null}::uuid)
    order by position, id limit ${limit + 1}`.execute(tx);
  return rows;
}

/** Numbers the rules anew in this order; tells how many that were. */
export async function orderRules(tx: Tx, ids: readonly string[]): Promise<number> {
  const { rows } = await sql`
    update mcp.routing_rules as rule set position = wanted.position
    from unnest(${[...ids]}::uuid[]) with ordinality as wanted (id, position)
    where rule.id = wanted.id returning rule.id`.execute(tx);
  return rows.length;
}

function jsonOf(condition: Condition): string | null {
  return condition === undefined || condition === null ? null : JSON.stringify(condition);
}
