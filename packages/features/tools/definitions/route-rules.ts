import { matchesPath } from './path-pattern.ts';

/** What becomes of the operations that a rule fits; what a rule does not name fits anything. */
export interface RouteRule {
  readonly methods?: readonly string[] | undefined;
  /** `*` stands for anything within a segment of the path, `**` for any segments. */
  readonly path?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly as: 'tool' | 'resource' | 'excluded';
}

/** What rules look at. */
export interface RoutedOperation {
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
}

/** The first rule that fits an operation. */
export function firstRule(rules: readonly RouteRule[], operation: RoutedOperation): RouteRule | undefined {
  return rules.find((rule) => fits(rule, operation));
}

function fits({ methods, path, tags, as }: RouteRule, operation: RoutedOperation): boolean {
  // Only what changes nothing can be read as a resource.
  if (as === 'resource' && operation.method.toUpperCase() !== 'GET') return false;
  if (methods !== undefined && !methods.includes(operation.method.toUpperCase())) return false;
  if (tags !== undefined && !tags.some((tag) => operation.tags.includes(tag))) return false;
  return path === undefined || matchesPath(path, operation.path);
}
