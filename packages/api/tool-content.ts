import { z } from 'zod';
import { jsonObject } from './schemas.ts';

const meta = { annotations: jsonObject.optional(), _meta: jsonObject.optional() };
const uri = z.string().min(1).max(8192);

/** A resource that a result names: to be read where somebody wants it. */
const resourceLink = z.object({
  type: z.literal('resource_link'),
  uri,
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  mimeType: z.string().optional(),
  size: z.number().int().nonnegative().optional().describe('In bytes.'),
  ...meta,
});

/** One piece of what a tool or a prompt says, as MCP has it; `data` and `blob` are base64. */
export const toolContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), ...meta }),
  z.object({ type: z.literal('image'), data: z.string(), mimeType: z.string(), ...meta }),
  z.object({ type: z.literal('audio'), data: z.string(), mimeType: z.string(), ...meta }),
  resourceLink,
  z.object({
    type: z.literal('resource'),
    resource: z.object({
      uri,
      mimeType: z.string().optional(),
      text: z.string().optional(),
      blob: z.string().optional(),
      _meta: jsonObject.optional(),
    }),
    ...meta,
  }),
]);

export type ToolContent = z.output<typeof toolContent>;
