import { sha256Of } from './definition.ts';
import { firstRule, type RoutedOperation, type RouteRule } from './route-rules.ts';

/** What an organization changes of one definition. */
export interface Override {
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Why it is not offered. */
  readonly hidden?: string | undefined;
  /** Arguments that every call has; they are no arguments of the tool any more. */
  readonly fixed?: Readonly<Record<string, unknown>> | undefined;
  /** Arguments that a call has unless it says otherwise. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
}

/** What becomes of one definition. */
export interface Shape {
  readonly as: RouteRule['as'];
  readonly override: Override | undefined;
}

/** All that an organization says of the definitions of one service. */
export interface Shaping {
  /** The service's own first, then those for all services. */
  readonly rules: readonly RouteRule[];
  readonly overrides: ReadonlyMap<string, Override>;
}

/** What becomes of an operation. */
export function shapeOf({ rules, overrides }: Shaping, operation: RoutedOperation & { readonly key: string }): Shape {
  return { as: firstRule(rules, operation)?.as ?? 'tool', override: overrides.get(operation.key) };
}

/** Tells two shapes apart; null where the definition is shown as it is. */
export function digestOfShape({ as, override }: Shape): string | null {
  if (as === 'tool' && override === undefined) return null;
  return sha256Of({ as, override });
}
