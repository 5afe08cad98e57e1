import { errorTable, MeshError } from '@devmesh/foundation';
import type { ToolResult } from '@devmesh/mcp';

/** What limits a call rather than its caller: the model can do something else in the meantime. */
const limitsOfCalls: ReadonlySet<string | undefined> = new Set(['tool', 'capability']);

/** Failures that say something about the connection, not about the call: the protocol reports them. */
const protocolErrors: ReadonlySet<string> = new Set([
  'unauthenticated',
  'rate_limited',
  'unavailable',
  'internal',
  'capability_missing',
  'header_mismatch',
  'url_elicitation_required',
]);

/** Of a call that cannot go on from where the client says that it was: nothing that a model could repair. */
const refusedState = 'input.requestState';

/** What a failed call tells a model: what is wrong and what to do next. Failures of the connection are thrown on. */
export function failure(error: unknown): ToolResult {
  if (!(error instanceof MeshError)) throw error;
  if (error.issues.some(({ path }) => path === refusedState)) throw error;
  if (protocolErrors.has(error.code) && !limitsOfCalls.has(error.limit?.scope)) throw error;
  return failed(error);
}

/** A failure of any kind as a result. */
export function failed(error: MeshError): ToolResult {
  const issues = error.issues.map((issue) => `- ${issue.path}: ${issue.message}`);
  const text = [`${error.code}: ${error.message}`, ...issues, errorTable[error.code].next].join('\n');
  return { isError: true, content: [{ type: 'text', text }] };
}

/** A JSON object as a result: as text for models, structured for programs. */
export function structured(value: Record<string, unknown>): ToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value };
}
