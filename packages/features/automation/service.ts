import type { RuleOfSource } from '@devmesh/api';
import type { NewId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Principal } from '../identity/index.ts';
import { cutPage, readCursor, type Page } from '../paging.ts';
import type { Occurrence, RuleAction } from './actions/action.ts';
import { addRule, addRulesOfSource, changeRule, found, removeRule, reorderRules, type RuleChange } from './changes.ts';
import { createRuleCache } from './rule-cache.ts';
import { judge, wishesOf, type Actions, type Verdict, type Wish } from './rules.ts';
import {
  reviseRules,
  selectRevision,
  selectRule,
  selectRules,
  selectRuleSet,
  type RuleRow,
  type RuleValues,
} from './store.ts';

export interface AutomationOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly newId: NewId;
  /** What rules can do, contributed by other features. */
  readonly actions: readonly RuleAction[];
}

interface RulePage {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly sourceId?: string | undefined;
}

/** Tells what an event asks for; throws where its rules cannot tell, and then it fails as a whole. */
type Wishes = (occurrence: Occurrence) => readonly Wish[];

/** The routing rules of organizations: which events cause what. */
export interface Automation {
  /** Adds a rule as the last one; `commit` runs in the same transaction. */
  createRule(principal: Principal, rule: RuleValues, commit: (tx: Tx, row: RuleRow) => Promise<void>): Promise<RuleRow>;
  /** Adds the rules of a new source in the transaction that creates it. */
  createRulesIn(
    tx: Tx,
    principal: Principal,
    source: { readonly id: string; readonly name: string },
    rules: readonly RuleOfSource[],
  ): Promise<void>;
  /** Ends what is remembered of the tenant's rules, in the transaction that changes them by other means. */
  rulesChanged(tx: Tx): Promise<void>;
  listRules(principal: Principal, page: RulePage): Promise<Page<RuleRow>>;
  getRule(principal: Principal, ruleId: string): Promise<RuleRow>;
  updateRule(principal: Principal, ruleId: string, change: RuleChange): Promise<RuleRow>;
  deleteRule(principal: Principal, ruleId: string): Promise<void>;
  /** All rules in their new order. */
  reorderRules(principal: Principal, ruleIds: readonly string[]): Promise<readonly RuleRow[]>;
  /** How each rule stands to an event; nothing is done. */
  judge(tx: Tx, occurrence: Occurrence): Promise<readonly Verdict[]>;
  /** What the present rules want of events, read in the caller's transaction. */
  wishes(tx: Tx, tenantId: string): Promise<Wishes>;
}

const rulePosition = /^(\d{1,10})\.([0-9a-f-]{36})$/u;

/** Builds the routing rules. */
export function createAutomation(options: AutomationOptions): Automation {
  const { database } = options;
  const actions: Actions = new Map(options.actions.map((action) => [action.type, action]));
  const cache = createRuleCache();
  return {
    createRule: (principal, rule, commit) =>
      database.tenant(principal.tenantId, async (tx) => {
        const row = await addRule(options, tx, { principal, rule });
        await commit(tx, row);
        return row;
      }),
    createRulesIn: (tx, principal, source, rules) => addRulesOfSource(options, tx, { principal, source, rules }),
    rulesChanged: reviseRules,
    listRules: (principal, page) => listRules(options, principal, page),
    getRule: async (principal, ruleId) =>
      found(await database.tenant(principal.tenantId, (tx) => selectRule(tx, ruleId)), ruleId),
    updateRule: (principal, ruleId, change) =>
      database.tenant(principal.tenantId, (tx) => changeRule(options, tx, { principal, ruleId, change })),
    deleteRule: (principal, ruleId) =>
      database.tenant(principal.tenantId, (tx) => removeRule(options, tx, principal, ruleId)),
    reorderRules: (principal, ruleIds) =>
      database.tenant(principal.tenantId, async (tx) => {
        await reorderRules(options, tx, principal, ruleIds);
        return selectRules(tx, { after: undefined, limit: ruleIds.length, sourceId: undefined });
      }),
    judge: async (tx, occurrence) => {
      const { rules } = await selectRuleSet(tx, { disabled: true });
      return judge(rules, occurrence, actions);
    },
    wishes: async (tx, tenantId) => {
      const rules = await cache.rulesOf(tx, tenantId, await selectRevision(tx));
      return (occurrence) => wishesOf(rules, occurrence, actions);
    },
  };
}

async function listRules(
  { database }: AutomationOptions,
  principal: Principal,
  page: RulePage,
): Promise<Page<RuleRow>> {
  const { cursor, limit, sourceId } = page;
  const position = rulePosition.exec(readCursor(cursor, rulePosition) ?? '');
  const after = position === null ? undefined : { position: Number(position[1]), id: position[2] ?? '' };
  const rows = await database.tenant(principal.tenantId, (tx) => selectRules(tx, { after, limit, sourceId }));
  return cutPage(
    rows,
    limit,
    (row) => `${String(row.position)}.${row.id}`,
    (row) => row,
  );
}
