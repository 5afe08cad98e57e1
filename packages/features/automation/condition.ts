import { toMeshError, type Issue } from '@devmesh/foundation';
import { createEngine, fault, iterators, operators } from './operators.ts';

/** A condition in JsonLogic; undefined or null holds always. */
export type Condition = Readonly<Record<string, unknown>> | boolean | null | undefined;

/** What a condition can speak of. */
export interface Facts {
  /** The name of the source. */
  readonly source: string | null;
  readonly event: string;
  /** The payload's own `action`, where it is a text. */
  readonly action: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

const greatestDepth = 12;
const mostParts = 200;
const longestText = 1_000;
const roots = new Set(['source', 'event', 'action', 'payload']);
const refusedNames = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Whether a condition holds. A comparison with something that the event does not have is false; a condition that
 * cannot be evaluated throws, with the reason.
 */
export function holds(condition: Condition, facts: Facts): boolean {
  if (condition === undefined || condition === null) return true;
  const engine = createEngine();
  try {
    return engine.truthy(engine.run(condition, facts));
  } catch (error) {
    const { code, message } = toMeshError(error);
    throw fault(code === 'invalid_request' ? message : 'it cannot be evaluated');
  }
}

/** What is wrong with a condition, each with its place; empty where it can be used. */
export function faultsOf(condition: Condition): readonly Issue[] {
  const issues: Issue[] = [];
  let parts = 0;
  const check = (value: unknown, place: Place): void => {
    parts += 1;
    if (parts > mostParts || issues.length > 0) return;
    const issue = faultOf(value, place);
    if (issue === undefined) childrenOf(value, place).forEach(([child, at]) => check(child, at));
    else issues.push({ path: place.path, message: issue });
  };
  if (condition === undefined || condition === null) return [];
  check(condition, { path: 'condition', depth: 1, inLoop: false });
  if (parts > mostParts) issues.push({ path: 'condition', message: `it has more than ${String(mostParts)} parts` });
  return issues;
}

interface Place {
  readonly path: string;
  readonly depth: number;
  /** Within what `some`, `all` or `none` look at for each item. */
  readonly inLoop: boolean;
}

function faultOf(value: unknown, place: Place): string | undefined {
  if (place.depth > greatestDepth) return `it is nested deeper than ${String(greatestDepth)}`;
  if (typeof value === 'string') return value.length > longestText ? 'the text is too long' : undefined;
  return isOperation(value) ? faultOfOperation(value, place.inLoop) : undefined;
}

type Operation = Readonly<Record<string, unknown>>;

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultOfOperation(operation: Operation, inLoop: boolean): string | undefined {
  const [name, ...others] = Object.keys(operation);
  if (name === undefined || others.length > 0) return 'an operation has exactly one operator';
  const arity = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (arity === undefined) return `there is no operator "${name}"; there are ${Object.keys(operators).join(', ')}`;
  const args = argumentsOf(operation, name);
  if (args.length < arity.least || args.length > arity.most) return `\`${name}\` takes ${expected(arity)}`;
  if (iterators.has(name) && inLoop) return `\`${name}\` cannot stand within another loop`;
  return name === 'var' ? faultOfPath(args[0], inLoop) : undefined;
}

function expected({ least, most }: { readonly least: number; readonly most: number }): string {
  return least === most ? `${String(least)} argument(s)` : `${String(least)} to ${String(most)} arguments`;
}

function faultOfPath(path: unknown, inLoop: boolean): string | undefined {
  if (typeof path !== 'string') return '`var` takes a path as a text';
  const names = path.split('.');
  if (names.some((name) => refusedNames.has(name))) return 'the path names something that is not data';
  if (inLoop || roots.has(names[0] ?? '')) return undefined;
  return `the path must begin with ${[...roots].join(', ')}`;
}

function childrenOf(value: unknown, place: Place): readonly (readonly [unknown, Place])[] {
  const at = (name: string, inLoop = place.inLoop): Place => ({
    path: `${place.path}.${name}`,
    depth: place.depth + 1,
    inLoop,
  });
  if (Array.isArray(value)) return value.map((child: unknown, index) => [child, at(String(index))] as const);
  if (!isOperation(value)) return [];
  const [name = ''] = Object.keys(value);
  return argumentsOf(value, name).map((child, index) => {
    const looped = iterators.has(name) && index === 1;
    return [child, at(`${name}.${String(index)}`, looped || place.inLoop)] as const;
  });
}

function argumentsOf(operation: Operation, name: string): readonly unknown[] {
  const given = operation[name];
  return Array.isArray(given) ? given : [given];
}
