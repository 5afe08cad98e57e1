import type { RuleOfSource } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { errorCodeOf, type Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import { checkRule, mostRules } from './check.ts';
import type { AutomationOptions } from './service.ts';
import {
  countRules,
  deleteRule,
  insertRule,
  orderRules,
  reviseRules,
  selectRule,
  selectRuleByName,
  updateRule,
  type RuleRow,
  type RuleValues,
} from './store.ts';

const foreignKeyViolation = '23503';

type ChangeOptions = Pick<AutomationOptions, 'audit' | 'newId'>;

/** What may be changed of a rule; what is undefined stays. */
export type RuleChange = { readonly [Key in keyof RuleValues]?: RuleValues[Key] | undefined };

/** Adds a rule as the last one, in the caller's transaction. */
export async function addRule(
  options: ChangeOptions,
  tx: Tx,
  { principal, rule, place }: { readonly principal: Principal; readonly rule: RuleValues; readonly place?: string },
): Promise<RuleRow> {
  await reviseRules(tx);
  checkRule(rule, place);
  if ((await countRules(tx)) >= mostRules) {
    throw new MeshError('too_large', `An organization has at most ${String(mostRules)} rules.`);
  }
  const row = await ofKnownSource(rule, insertRule(tx, options.newId(), rule));
  if (row === undefined) throw nameTaken(rule.name);
  await note(options, tx, { principal, action: 'automation.createRule', row });
  return row;
}

interface SourceRules {
  readonly principal: Principal;
  readonly source: { readonly id: string; readonly name: string };
  readonly rules: readonly RuleOfSource[];
}

/** Adds the rules that a new source brings along, in the transaction that creates it. */
export async function addRulesOfSource(
  options: ChangeOptions,
  tx: Tx,
  { principal, source, rules }: SourceRules,
): Promise<void> {
  for (const [index, { name, events, condition, action }] of rules.entries()) {
    const rule: RuleValues = {
      name: name ?? `${source.name} ${String(index + 1)}`,
      sourceId: source.id,
      events,
      condition,
      action,
      enabled: true,
    };
    await addRule(options, tx, { principal, rule, place: `body.rules.${String(index)}` });
  }
}

/** Changes a rule in the caller's transaction. */
export async function changeRule(
  options: ChangeOptions,
  tx: Tx,
  {
    principal,
    ruleId,
    change,
  }: { readonly principal: Principal; readonly ruleId: string; readonly change: RuleChange },
): Promise<RuleRow> {
  await reviseRules(tx);
  const before = found(await selectRule(tx, ruleId), ruleId);
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const rule: RuleValues = { ...before, ...given };
  checkRule(rule);
  const namesake = await selectRuleByName(tx, rule.name);
  if (namesake !== undefined && namesake.id !== ruleId) throw nameTaken(rule.name);
  const row = found(await ofKnownSource(rule, updateRule(tx, ruleId, rule)), ruleId);
  await note(options, tx, { principal, action: 'automation.updateRule', row });
  return row;
}

/** Deletes a rule in the caller's transaction. */
export async function removeRule(options: ChangeOptions, tx: Tx, principal: Principal, ruleId: string): Promise<void> {
  await reviseRules(tx);
  const row = found(await selectRule(tx, ruleId), ruleId);
  await deleteRule(tx, ruleId);
  await note(options, tx, { principal, action: 'automation.deleteRule', row });
}

/** Puts all rules into another order. Throws `conflict` where the ids are not those of all rules. */
export async function reorderRules(
  options: ChangeOptions,
  tx: Tx,
  principal: Principal,
  ruleIds: readonly string[],
): Promise<void> {
  await reviseRules(tx);
  const wanted = new Set(ruleIds).size;
  const ordered = await orderRules(tx, ruleIds);
  if (wanted !== ruleIds.length || ordered !== wanted || ordered !== (await countRules(tx))) {
    throw new MeshError('conflict', 'Give the id of every rule of the organization once; nothing was changed.');
  }
  const { tenantId } = principal;
  const detail = { ruleIds: [...ruleIds] };
  await options.audit.record(tx, {
    actor: actorOf(principal),
    action: 'automation.reorderRules',
    subject: tenantId,
    detail,
  });
}

/** The rule, or `not_found`. */
export function found(row: RuleRow | undefined, ruleId: string): RuleRow {
  if (row === undefined) throw new MeshError('not_found', `There is no rule ${ruleId}.`);
  return row;
}

/** Sources belong to webhooks; the database knows whether there is such a one. */
async function ofKnownSource<Row>({ sourceId }: RuleValues, written: Promise<Row>): Promise<Row> {
  try {
    return await written;
  } catch (error) {
    if (errorCodeOf(error) !== foreignKeyViolation) throw error;
    throw new MeshError('not_found', `There is no webhook source ${String(sourceId)}.`);
  }
}

function nameTaken(name: string): MeshError {
  return new MeshError('conflict', `There is a rule named "${name}" already.`);
}

interface Change {
  readonly principal: Principal;
  readonly action: string;
  readonly row: RuleRow;
}

async function note({ audit }: ChangeOptions, tx: Tx, { principal, action, row }: Change): Promise<void> {
  const { id, name, sourceId, events, enabled } = row;
  await audit.record(tx, {
    actor: actorOf(principal),
    action,
    subject: id,
    detail: { name, sourceId, events: [...events], does: row.action.type, enabled },
  });
}
