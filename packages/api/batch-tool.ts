import { z } from 'zod';
import { operations } from './operations.ts';
import { toSchema, type PlatformTool } from './mcp.ts';
import { jsonObject } from './schemas.ts';
import { toolContent } from './tool-content.ts';

/** Calls that one batch may hold. */
const mostBatchedCalls = 20;

/** What a batch is given. */
export const batchInput = z.strictObject({
  calls: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64).describe('The name of a tool, as lists and searches show it.'),
        arguments: jsonObject.default({}).describe('What fits the inputSchema of that tool.'),
      }),
    )
    .min(1)
    .max(mostBatchedCalls)
    .describe('Calls that do not need the results of each other: in which order they run is open.'),
});

const batchOutput = z.object({
  results: z
    .array(
      z.object({
        name: z.string(),
        isError: z.boolean(),
        content: z.array(toolContent).describe('The answer in pieces, as a call by itself has them.'),
        structured: jsonObject.optional().describe('The answer, where it is a JSON object.'),
        _meta: jsonObject.optional().describe('As a call by itself has it, e.g. where the content comes from.'),
        truncated: z.boolean().describe('Whether the batch left out a part of it; the content says so.'),
      }),
    )
    .describe('One for each call, in the order of the calls.'),
  failed: z.number().int().nonnegative().describe('How many of them are errors.'),
});

export type BatchOutput = z.output<typeof batchOutput>;

const summary = 'Run several calls of tools at once, and get a result for each';

/** The tool that carries out others side by side. The gateway makes an ordinary call of each, so it has no route of its own. */
export const batchTool: PlatformTool = {
  name: 'devmesh.tools.batch',
  title: summary,
  description:
    `${summary}. At most ${String(mostBatchedCalls)} independent calls; one that fails changes nothing about the others. ` +
    'Each is allowed, limited and audited as if it had been made alone. Large results are shortened; make such a call alone.',
  inputSchema: toSchema(batchInput, 'input'),
  outputSchema: toSchema(batchOutput, 'output'),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  operation: operations.tools.callTool,
  toInput: (args) => ({ params: {}, query: {}, body: { ...args } }),
};
