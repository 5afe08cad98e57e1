import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id } from '../schemas.ts';

const milliseconds = (least: number, most: number) => z.number().int().min(least).max(most);

const settings = z.object({
  timeoutMilliseconds: milliseconds(100, 300_000).describe('Of one try.'),
  budgetMilliseconds: milliseconds(100, 600_000).describe('Of a call with all its tries and waits.'),
  retries: z.number().int().min(0).max(5).describe('Tries after the first, of calls that may be repeated.'),
  concurrent: z.number().int().min(1).max(256).describe('Calls of one host at the same time, in each process.'),
  queue: z.number().int().min(0).max(1_000).describe('Calls that may wait for their turn.'),
  breakAfter: z.number().int().min(1).max(100).describe('Failures in a row after which the host is left alone.'),
  openMilliseconds: milliseconds(1_000, 120_000).describe('How long it is left alone at first.'),
  cacheReads: z.boolean().describe('Whether answers of reads are kept as long as the service allows.'),
});

const execution = z.object({
  settings: settings.describe('What holds.'),
  set: z.array(z.string()).describe('Which of them the organization set; the others are the defaults.'),
});

const ofService = z.object({ toolId: id });

export const toolExecutionOperations = {
  toolExecution: defineOperation({
    id: 'tools.execution',
    method: 'GET',
    path: '/tools/{toolId}/execution',
    summary: 'How calls of a service are carried out: time, retries, limits, circuit breaker, cache',
    scope: 'tools:read',
    params: ofService,
    status: 200,
    response: execution,
    errors: ['not_found'],
    cli: 'tools execution',
  }),
  setToolExecution: defineOperation({
    id: 'tools.setExecution',
    method: 'PUT',
    path: '/tools/{toolId}/execution',
    summary: 'Set how calls of a service are carried out; what is left out is as by default',
    description:
      'Holds from the next call on. For services with an OpenAPI document; MCP servers have no such settings.',
    scope: 'tools:write',
    params: ofService,
    body: settings.partial(),
    status: 200,
    response: execution,
    errors: ['not_found', 'conflict'],
    cli: 'tools set-execution',
  }),
};
