/** What MCP clients are told about the effect of a tool. */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);
const repeatable: ReadonlySet<string> = new Set(['PUT', 'DELETE']);

/** Whether the method promises to change nothing (RFC 9110, section 9.2.1). */
export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}

interface Effect {
  readonly method: string;
  readonly path: string;
  readonly operationId: string | undefined;
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

/**
 * Annotations of an operation: those of its method, unless its path or id names destruction, which then counts as such
 * whatever the method. No word makes a tool safer than its method does.
 */
export function operationAnnotations({ method, path, operationId }: Effect): ToolAnnotations {
  const promised = annotationsOf(method);
  const safe = promised.readOnlyHint;
  if (!isDestructive(lastSegment(path)) && (safe || !isDestructive(operationId ?? ''))) return promised;
  return { ...promised, readOnlyHint: false, destructiveHint: true, idempotentHint: promised.idempotentHint && !safe };
}

const destructive: ReadonlySet<string> = new Set([
  'delete',
  'destroy',
  'purge',
  'remove',
  'revoke',
  'erase',
  'wipe',
  'truncate',
  'drop',
  'terminate',
  'uninstall',
  'kill',
  'prune',
]);

/** The last part of a path that is no parameter. */
function lastSegment(path: string): string {
  const segments = (path.split(/[?#]/u, 1)[0] ?? '').split('/').filter((segment) => segment !== '');
  return segments.findLast((segment) => !/^\{[^{}]*\}$/u.test(segment)) ?? '';
}

/** Whether a word for destruction stands first or last, where names have their verb. */
function isDestructive(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/u)
    .filter((word) => word !== '');
  return destructive.has(words[0] ?? '') || destructive.has(words.at(-1) ?? '');
}
