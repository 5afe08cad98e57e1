import { z } from 'zod';

const nothing = z.object({});

/** Severities of log messages, the least severe first (RFC 5424). */
const logLevels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** What the client that a call comes from can be asked and told while it runs. */
export const callExchange = z
  .object({
    capabilities: z
      .object({
        elicitation: z.object({ form: nothing.optional(), url: nothing.optional() }).optional(),
        sampling: z.object({ tools: nothing.optional(), context: nothing.optional() }).optional(),
        roots: nothing.optional(),
      })
      .default({})
      .describe('What the service may ask of the client, as MCP names it.'),
    logLevel: z.enum(logLevels).optional().describe('The least severe log message to be passed on; absent: none.'),
  })
  .describe(
    'With `Accept: text/event-stream`: the answer comes as events `progress`, `log` and `request`, then `result` or `error`. ' +
      'A `request` is answered at /calls/{callId}/answers. Where nothing comes before the result, it comes as JSON.',
  );

export type CallExchangeRequest = z.output<typeof callExchange>;
