import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Automation } from './service.ts';
import type { RuleRow } from './store.ts';

/** The routes of routing rules. */
export function automationRoutes({ automation }: { readonly automation: Automation }): readonly Route[] {
  const { createRule, listRules, getRule, updateRule, deleteRule, reorderRules } = operations.automation;
  return [
    route(createRule, async ({ principal, body, remember }) => {
      const { name, events, condition, action, enabled, sourceId = null } = body;
      const rule = { name, events, condition, action, enabled, sourceId };
      return present(await automation.createRule(principal, rule, (tx, row) => remember(tx, present(row))));
    }),
    route(listRules, async ({ principal, query }) => {
      const page = await automation.listRules(principal, query);
      return { ...page, items: page.items.map(present) };
    }),
    route(getRule, async ({ principal, params }) => present(await automation.getRule(principal, params.ruleId))),
    route(updateRule, async ({ principal, params, body }) =>
      present(await automation.updateRule(principal, params.ruleId, body)),
    ),
    route(deleteRule, async ({ principal, params }) => {
      await automation.deleteRule(principal, params.ruleId);
      return undefined;
    }),
    route(reorderRules, async ({ principal, body }) => ({
      items: (await automation.reorderRules(principal, body.ruleIds)).map(present),
    })),
  ];
}

function present(row: RuleRow): ResponseOf<typeof operations.automation.getRule> {
  const { id, name, position, sourceId, events, condition, action, enabled } = row;
  return {
    id,
    name,
    position,
    events: [...events],
    action,
    enabled,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    ...(sourceId === null ? {} : { sourceId }),
    ...(condition === undefined || condition === null ? {} : { condition }),
  };
}
