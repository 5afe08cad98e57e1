import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { capability, id, instant, jsonObject, pageOf, pageQuery } from '../schemas.ts';

const template = 'May hold `{path.in.payload}`, e.g. `{repository.full_name}`.';

/** What a rule does with an event that it matches. */
const ruleAction = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('task').describe('Creates a task for an agent.'),
      title: z.string().min(1).max(200).describe(template),
      capability,
      priority: z.number().int().min(0).max(9).default(5),
      description: z.string().max(2000).default('').describe(template),
    }),
    z.object({
      type: z.literal('reindex').describe('Has a repository indexed again.'),
      repositoryId: id.optional().describe('Always this repository.'),
      repository: z
        .string()
        .min(1)
        .max(300)
        .optional()
        .describe(
          `The name or clone URL of the repository. ${template} A repository that is not indexed is passed over.`,
        ),
    }),
    z.object({
      type: z.literal('notify').describe('Sends a notification to everybody, or to one agent.'),
      title: z.string().min(1).max(200).describe(template),
      text: z.string().max(2000).default('').describe(template),
      severity: z.enum(['info', 'warning', 'critical']).default('info'),
      agentId: id.optional(),
    }),
    z.object({
      type: z.literal('store').describe('Keeps the event and ends the rules: later ones are not looked at.'),
    }),
  ])
  .describe('What to do: create a `task`, `reindex` a repository, `notify`, or only `store`.');

export type RuleActionSettings = z.output<typeof ruleAction>;

const ruleName = z.string().min(1).max(150);
const eventPatterns = z
  .array(z.string().min(1).max(100))
  .min(1)
  .max(20)
  .describe('Names of events; `pull_request*` is a prefix, `*` every event.');
const condition = z
  .union([jsonObject, z.boolean()])
  .describe(
    'JsonLogic over `source` (its name), `event`, `action` and `payload`, e.g. {"==":[{"var":"payload.ref"},"refs/heads/main"]}. Absent: always.',
  );

/** The part of a rule that says when and what, as a source takes it along. */
export const ruleOfSource = z.object({
  name: ruleName.optional().describe('Absent: made from the name of the source.'),
  events: eventPatterns,
  condition: condition.optional(),
  action: ruleAction,
});

export type RuleOfSource = z.output<typeof ruleOfSource>;

const rule = z.object({
  id,
  name: z.string(),
  position: z.number().int().describe('Rules are looked at in this order.'),
  sourceId: id.optional().describe('Absent: every source.'),
  events: z.array(z.string()),
  condition: condition.optional(),
  action: ruleAction,
  enabled: z.boolean(),
  createdAt: instant,
  updatedAt: instant,
});

const newRule = ruleOfSource.extend({
  name: ruleName,
  sourceId: id.optional().describe('Absent: every source.'),
  enabled: z.boolean().default(true),
});

const verdict = z.object({
  ruleId: id,
  name: z.string(),
  outcome: z.enum(['matches', 'other_source', 'other_event', 'condition_false', 'disabled', 'not_reached', 'fails']),
  wouldDo: z.string().optional(),
  failure: z.string().optional().describe('Why the event would fail with this rule.'),
});

const params = z.object({ ruleId: id });

export const ruleOperations = {
  createRule: defineOperation({
    id: 'automation.createRule',
    method: 'POST',
    path: '/rules',
    summary: 'Create a routing rule: which events cause what; it comes last',
    description: 'Every matching rule acts, in order. An organization has at most 200 rules.',
    scope: 'webhooks:write',
    body: newRule,
    status: 201,
    response: rule,
    errors: ['conflict', 'not_found', 'too_large'],
    idempotencyKey: true,
    cli: 'rules create',
  }),
  listRules: defineOperation({
    id: 'automation.listRules',
    method: 'GET',
    path: '/rules',
    summary: 'List routing rules in their order',
    scope: 'webhooks:read',
    query: pageQuery.extend({ sourceId: id.optional().describe('Only rules for this source alone.') }),
    status: 200,
    response: pageOf(rule),
    errors: [],
    cli: 'rules list',
  }),
  getRule: defineOperation({
    id: 'automation.getRule',
    method: 'GET',
    path: '/rules/{ruleId}',
    summary: 'Read a routing rule',
    scope: 'webhooks:read',
    params,
    status: 200,
    response: rule,
    errors: ['not_found'],
    cli: 'rules get',
  }),
  updateRule: defineOperation({
    id: 'automation.updateRule',
    method: 'PATCH',
    path: '/rules/{ruleId}',
    summary: 'Change a routing rule; what is left out stays',
    scope: 'webhooks:write',
    params,
    body: z.object({
      name: ruleName.optional(),
      sourceId: id.nullable().optional().describe('null: every source.'),
      events: eventPatterns.optional(),
      condition: condition.nullable().optional().describe('JsonLogic; null: always.'),
      action: ruleAction.optional(),
      enabled: z.boolean().optional(),
    }),
    status: 200,
    response: rule,
    errors: ['not_found', 'conflict'],
    cli: 'rules update',
  }),
  deleteRule: defineOperation({
    id: 'automation.deleteRule',
    method: 'DELETE',
    path: '/rules/{ruleId}',
    summary: 'Delete a routing rule',
    scope: 'webhooks:write',
    params,
    status: 204,
    errors: ['not_found'],
    cli: 'rules delete',
  }),
  reorderRules: defineOperation({
    id: 'automation.reorderRules',
    method: 'PUT',
    path: '/rules/order',
    summary: 'Put the routing rules into another order',
    scope: 'webhooks:write',
    body: z.object({ ruleIds: z.array(id).min(1).max(1000).describe('Every rule once, in the new order.') }),
    status: 200,
    response: z.object({ items: z.array(rule) }),
    errors: ['conflict'],
    cli: 'rules reorder',
  }),
  testRules: defineOperation({
    id: 'automation.testRules',
    method: 'POST',
    path: '/rules/test',
    summary: 'Tell which rules match an event and what would happen; nothing does',
    description: 'Takes the id of a received event, or the name and payload of one that might come.',
    scope: 'webhooks:read',
    body: z.object({
      eventId: id.optional(),
      sourceId: id.optional().describe('The source of the given payload; absent: none.'),
      event: z.string().min(1).max(100).optional(),
      payload: jsonObject.optional(),
    }),
    status: 200,
    response: z.object({ outcome: z.enum(['acts', 'stores', 'fails']), rules: z.array(verdict) }),
    errors: ['not_found'],
    cli: 'rules test',
  }),
};
