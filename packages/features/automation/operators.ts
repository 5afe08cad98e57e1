import { MeshError } from '@devmesh/foundation';
import { defaultMethods, LogicEngine } from 'json-logic-engine';

/** How many arguments each operator of a condition takes. */
export const operators: Readonly<Record<string, { readonly least: number; readonly most: number }>> = {
  and: { least: 1, most: 50 },
  or: { least: 1, most: 50 },
  if: { least: 2, most: 20 },
  '!': { least: 1, most: 1 },
  '!!': { least: 1, most: 1 },
  '==': { least: 2, most: 2 },
  '!=': { least: 2, most: 2 },
  '===': { least: 2, most: 2 },
  '!==': { least: 2, most: 2 },
  '<': { least: 2, most: 3 },
  '<=': { least: 2, most: 3 },
  '>': { least: 2, most: 2 },
  '>=': { least: 2, most: 2 },
  in: { least: 2, most: 2 },
  var: { least: 1, most: 2 },
  substr: { least: 2, most: 3 },
  some: { least: 2, most: 2 },
  all: { least: 2, most: 2 },
  none: { least: 2, most: 2 },
};

/** The operators whose second argument is looked at for each item of an array. */
export const iterators: ReadonlySet<string> = new Set(['some', 'all', 'none']);

const mostSteps = 100_000;
const charactersAStep = 256;
const plain = ['and', 'or', 'if', '!', '!!'] as const;

/**
 * An engine for one evaluation: these operators and no others, no compiled code, own properties only, and a bounded
 * number of steps.
 */
export function createEngine(): LogicEngine {
  let steps = 0;
  const spend = (count: number): void => {
    steps += count;
    if (steps > mostSteps) throw fault('it takes too many steps for this payload');
  };
  const methods = Object.assign(Object.create(null), {
    ...Object.fromEntries(plain.map((name) => [name, defaultMethods[name]])),
    ...values(spend),
    ...comparisons(spend),
    ...loops(spend),
  }) as LogicEngine['methods'];
  const engine = new LogicEngine(methods, { disableInterpretedOptimization: true });
  // The library copies the operators into an object with a prototype, and asks values for their constructor.
  engine.methods = methods;
  engine.truthy = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  return engine;
}

/** Why a condition cannot be told true or false. */
export function fault(sentence: string): MeshError {
  return new MeshError('invalid_request', sentence);
}

type Spend = (steps: number) => void;
type Arguments = readonly unknown[];

function values(spend: Spend): LogicEngine['methods'] {
  return {
    var: (args, context) => {
      spend(1);
      const [path, fallback] = args as Arguments;
      const value = read(context, String(path));
      return value === undefined ? fallback : value;
    },
    in: (args) => {
      const [item, list] = args as Arguments;
      spend(1 + (typeof list === 'string' ? list.length / charactersAStep : Array.isArray(list) ? list.length / 8 : 0));
      if (isMissing(item) || isMissing(list)) return false;
      if (Array.isArray(list)) return list.includes(item);
      if (typeof list === 'string') return typeof item === 'string' && list.includes(item);
      throw fault(`\`in\` looks into a text or a list, not into ${kindOf(list)}`);
    },
    substr: (args) => {
      spend(1);
      const [text, start, length] = args as Arguments;
      if (isMissing(text)) return undefined;
      if (typeof text !== 'string') throw fault(`\`substr\` takes a part of a text, not of ${kindOf(text)}`);
      const from = Number(start) < 0 ? Math.max(0, text.length + Number(start)) : Number(start);
      const end =
        length === undefined ? text.length : Number(length) < 0 ? text.length + Number(length) : from + Number(length);
      return text.slice(from, Math.max(from, end));
    },
  };
}

function comparisons(spend: Spend): LogicEngine['methods'] {
  const compare = (decide: (one: unknown, other: unknown) => boolean) => (args: unknown) => {
    spend(1);
    const list = args as Arguments;
    return list.slice(1).every((value, index) => decide(list[index], value));
  };
  const ordered = (name: string, decide: (one: number | string, other: number | string) => boolean) =>
    compare((one, other) => {
      if (isMissing(one) || isMissing(other)) return false;
      const [first, second] = comparable(name, one, other);
      return decide(first, second);
    });
  return {
    '==': compare(same),
    '===': compare(identical),
    '!=': compare((one, other) => bothThere(one, other) && !same(one, other)),
    '!==': compare((one, other) => bothThere(one, other) && !identical(one, other)),
    '<': ordered('<', (one, other) => one < other),
    '<=': ordered('<=', (one, other) => one <= other),
    '>': ordered('>', (one, other) => one > other),
    '>=': ordered('>=', (one, other) => one >= other),
  };
}

function loops(spend: Spend): LogicEngine['methods'] {
  const loop = (name: string, decide: (items: Arguments, holds: (item: unknown) => boolean) => boolean) => ({
    lazy: true,
    method: (args: unknown, context: unknown, _above: unknown, engine: LogicEngine) => {
      const [selector, test] = args as Arguments;
      const items = engine.run(selector, context) ?? [];
      if (!Array.isArray(items)) throw fault(`\`${name}\` goes through a list, not through ${kindOf(items)}`);
      return decide(items, (item) => {
        spend(1);
        return engine.truthy(engine.run(test, item));
      });
    },
  });
  return {
    some: loop('some', (items, holds) => items.some(holds)),
    all: loop('all', (items, holds) => items.length > 0 && items.every(holds)),
    none: loop('none', (items, holds) => !items.some(holds)),
  };
}

/** What stands under a path, by own properties only. */
function read(context: unknown, path: string): unknown {
  if (path === '') return context;
  let value = context;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Whether the event has both; a null that it has, or that the condition says, is there. */
function bothThere(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined;
}

/** A missing value is identical with null, so that a condition can ask for it, and with nothing else. */
function identical(one: unknown, other: unknown): boolean {
  return one === other || (isMissing(one) && isMissing(other));
}

/** Identical, or a number and the text that says it. */
function same(one: unknown, other: unknown): boolean {
  if (identical(one, other)) return true;
  if (typeof one === 'number' && typeof other === 'string') return saysNumber(other, one);
  return typeof one === 'string' && typeof other === 'number' && saysNumber(one, other);
}

function saysNumber(text: string, value: number): boolean {
  return text.trim() !== '' && Number(text) === value;
}

function comparable(name: string, one: unknown, other: unknown): readonly [number | string, number | string] {
  if (typeof one === 'string' && typeof other === 'string') return [one, other];
  const numbers = [one, other].map((value) =>
    typeof value === 'string' && value.trim() !== '' ? Number(value) : value,
  );
  const [first, second] = numbers;
  if (typeof first === 'number' && typeof second === 'number' && !Number.isNaN(first) && !Number.isNaN(second)) {
    return [first, second];
  }
  throw fault(`\`${name}\` cannot order ${kindOf(one)} and ${kindOf(other)}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
