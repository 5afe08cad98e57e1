import { errorTable, MeshError } from '@devmesh/foundation';
import type { ToolResult } from '@devmesh/mcp';

/** What limits a call rather than its caller: the model can do something else in the meantime. */
const limitsOfCalls: ReadonlySet<string | undefined> = new Set(['tool', 'capability']);

/** Failures that say something about the connection, not about the call: the protocol reports them. */
const protocolErrors: ReadonlySet<string> = new Set(['unauthenticated', 'rate_limited', 'unavailable', 'internal']);

/** What a failed call tells a model: what is wrong and what to do next. Failures of the connection are thrown on. */
export function failure(error: unknown): ToolResult {
  if (!(error instanceof MeshError)) throw error;
  if (protocolErrors.has(error.code) && !limitsOfCalls.has(error.limit?.scope)) throw error;
  const issues = error.issues.map((issue) => `- ${issue.path}: ${issue.message}`);
  const text = [`${error.code}: ${error.message}`, ...issues, errorTable[error.code].next].join('\n');
  return { isError: true, content: [{ type: 'text', text }] };
}

/** A JSON object as a result: as text for models, structured for programs. */
export function structured(value: Record<string, unknown>): ToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value };
}
