/** What MCP clients are told about the effect of a tool. */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);
const repeatable: ReadonlySet<string> = new Set(['PUT', 'DELETE']);

/** Whether the method promises to change nothing (RFC 9110, section 9.2.1). */
export function isSafeMethod(method: string): boolean {
  return safe.has(method);
}

/** Annotations by what HTTP promises of the method. */
export function annotationsOf(method: string): ToolAnnotations {
  return {
    readOnlyHint: isSafeMethod(method),
    destructiveHint: method === 'DELETE',
    idempotentHint: isSafeMethod(method) || repeatable.has(method),
    openWorldHint: true,
  };
}
