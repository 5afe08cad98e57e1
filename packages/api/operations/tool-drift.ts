import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant } from '../schemas.ts';

const ofService = z.object({ toolId: id });

const finding = z.object({
  kind: z.enum(['compatible', 'breaking', 'held']),
  at: z.string().describe('What changed, e.g. `input.owner` or `description`.'),
  change: z.string().describe('How, in a few words.'),
});

const pending = z.object({
  key: z.string(),
  name: z.string(),
  change: z.enum(['added', 'changed', 'removed']),
  kind: z
    .enum(['breaking', 'held'])
    .describe('Breaking changes are applied when their grace period ends, held ones only when somebody accepts them.'),
  status: z.enum(['waiting', 'rejected']),
  findings: z.array(finding),
  noticedAt: instant,
  appliesAt: instant.optional(),
  pin: z.string().optional().describe('SHA-256 of the definition that calls use.'),
  offeredPin: z.string().optional().describe('SHA-256 of the definition that waits; absent where it is removed.'),
});

const state = z.object({
  refreshed: z.boolean().describe('Whether it comes from an address that is looked at again by itself.'),
  intervalMinutes: z.number().int(),
  graceHours: z.number().int(),
  checkedAt: instant.optional(),
  nextAt: instant.optional(),
  outcome: z.enum(['unchanged', 'applied', 'waiting', 'failed']).optional(),
  reason: z.string().optional().describe('Why the last look failed; nothing was changed then.'),
});

const report = z.object({
  outcome: z.enum(['unchanged', 'applied', 'waiting']),
  added: z.number().int(),
  changed: z.number().int(),
  removed: z.number().int(),
  waiting: z.number().int().describe('Changes that wait for the end of their grace period or for somebody.'),
});

const selection = z.object({
  keys: z.array(z.string().min(1).max(4_000)).min(1).max(5_000).optional().describe('Absent: all that wait.'),
});

const decided = z.object({ count: z.number().int() });

const reading = [
  'not_found',
  'conflict',
  'broken_document',
  'too_large',
  'upstream_unreachable',
  'upstream_failed',
  'upstream_timeout',
  'address_refused',
] as const;

export const toolDriftOperations = {
  drift: defineOperation({
    id: 'tools.drift',
    method: 'GET',
    path: '/tools/{toolId}/drift',
    summary: 'List how the definitions of a service differ from those that calls use, and when that changes',
    scope: 'tools:read',
    params: ofService,
    status: 200,
    response: z.object({ state, items: z.array(pending) }),
    errors: ['not_found'],
    cli: 'tools drift',
  }),
  acceptDrift: defineOperation({
    id: 'tools.acceptDrift',
    method: 'POST',
    path: '/tools/{toolId}/drift/accept',
    summary: 'Apply changes of definitions that wait',
    scope: 'tools:write',
    params: ofService,
    body: selection,
    status: 200,
    response: decided,
    errors: ['not_found', 'conflict'],
    cli: 'tools accept-drift',
  }),
  rejectDrift: defineOperation({
    id: 'tools.rejectDrift',
    method: 'POST',
    path: '/tools/{toolId}/drift/reject',
    summary: 'Keep the definitions that calls use, until the service offers yet others',
    scope: 'tools:write',
    params: ofService,
    body: selection,
    status: 200,
    response: decided,
    errors: ['not_found'],
    cli: 'tools reject-drift',
  }),
  refresh: defineOperation({
    id: 'tools.refresh',
    method: 'POST',
    path: '/tools/{toolId}/refresh',
    summary: 'Look now whether the definitions of a service changed',
    scope: 'tools:write',
    params: ofService,
    status: 200,
    response: report,
    errors: [...reading],
    cli: 'tools refresh',
  }),
  setRefresh: defineOperation({
    id: 'tools.setRefresh',
    method: 'PUT',
    path: '/tools/{toolId}/refresh',
    summary: 'Set how often a service is looked at, and how long breaking changes wait',
    scope: 'tools:write',
    params: ofService,
    body: z.object({
      intervalMinutes: z.int().min(0).max(43_200).default(360).describe('0: only when somebody asks.'),
      graceHours: z.int().min(0).max(8_760).default(168),
    }),
    status: 200,
    response: state,
    errors: ['not_found'],
    cli: 'tools set-refresh',
  }),
  updateDocument: defineOperation({
    id: 'tools.update',
    method: 'PUT',
    path: '/tools/{toolId}/document',
    summary: 'Give a service a new version of its document; what breaks callers waits',
    scope: 'tools:write',
    params: ofService,
    maximumBodyBytes: 26_214_400,
    body: z.object({ document: z.string().min(1).max(20_000_000) }),
    status: 200,
    response: report,
    errors: [...reading],
    cli: 'tools update',
  }),
};
