import { z } from 'zod';
import { askable } from './round-input.ts';

/** Severities of log messages, the least severe first (RFC 5424). */
const logLevels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** What the client that a call comes from can be asked and told while it runs. */
export const callExchange = z
  .object({
    capabilities: askable.default({}).describe('What the service may ask of the client, as MCP names it.'),
    logLevel: z.enum(logLevels).optional().describe('The least severe log message to be passed on; absent: none.'),
  })
  .describe(
    'With `Accept: text/event-stream`: the answer comes as events `progress`, `log`, `request` and `elicited`, then `result` or `error`. ' +
      'A `request` is answered at /calls/{callId}/answers. Where nothing comes before the result, it comes as JSON.',
  );

export type CallExchangeRequest = z.output<typeof callExchange>;
