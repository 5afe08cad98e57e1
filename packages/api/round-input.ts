import { z } from 'zod';
import { jsonObject } from './schemas.ts';

const nothing = z.object({});

/** What a client declares that it can be asked, as MCP names it. */
export const askable = z.object({
  elicitation: z.object({ form: nothing.optional(), url: nothing.optional() }).optional(),
  sampling: z.object({ tools: nothing.optional(), context: nothing.optional() }).optional(),
  roots: nothing.optional(),
});

/** Leaves room for what a gateway writes before it. */
const longestState = 60_000;

const responses = z
  .record(z.string().min(1).max(256), jsonObject)
  .refine((given) => Object.keys(given).length <= 50, 'at most 50 answers');

/** What a client says to questions that came as the result of an earlier try. */
export const roundInput = z
  .object({
    capabilities: askable.default({}).describe('What may be asked.'),
    inputResponses: responses.default({}).describe('The answers to `inputRequests` of the try before.'),
    requestState: z.string().max(longestState).optional().describe('The `requestState` of the try before, as it was.'),
  })
  .describe(
    'Who sends this, be it empty, takes questions of an MCP server as the result (`inputRequired`), and sends the request again ' +
      'with the answers (MCP 2026-07-28, multi round-trip requests).',
  );

export type RoundInput = z.output<typeof roundInput>;

/** Questions that a client has to answer before a request can be done. */
export const inputRequired = z
  .object({
    inputRequests: z.record(z.string(), z.object({ method: z.string(), params: jsonObject })).optional(),
    requestState: z.string().optional(),
  })
  .describe('The server wants answers first, or to be asked again; only where the request had `input`.');
