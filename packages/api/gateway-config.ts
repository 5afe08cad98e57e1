import { z } from 'zod';

/** Where the MCP gateway answers clients. */
export const gatewayPaths = ['/mcp', '/mcp/oauth', '/ws'] as const;

export type GatewayPath = (typeof gatewayPaths)[number];

/** What the gateway and the platform must agree on for OAuth: both read the same variables. */
export const gatewayConfigShape = {
  MCP_PUBLIC_URL: z
    .url({ protocol: /^https?$/u })
    .refine((text) => new URL(text).origin === text.replace(/\/$/u, ''), 'must be an origin, without a path')
    .transform((text) => new URL(text).origin)
    .optional()
    .describe(
      'Where MCP clients reach edge-mcp, e.g. https://mcp.example.com; the same in every process. Absent: where edge-mcp listens, if everything runs in one process.',
    ),
  MCP_OAUTH: z
    .string()
    .transform((text) => text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])))
    .pipe(z.array(z.enum(gatewayPaths)))
    .default(['/mcp/oauth'])
    .describe(
      `Which of ${gatewayPaths.join(', ')} tell clients to use OAuth; comma-separated, empty for none. API keys are taken at all of them.`,
    ),
};
