import { MeshError } from '@devmesh/foundation';

/** The arguments of a call as policies see them, by path. */
export interface ArgumentValues {
  /** Every text, number and boolean, as text. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, number>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

const mostValues = 5_000;
const deepest = 64;

interface Taking {
  readonly arguments: Record<string, string>;
  readonly numbers: Record<string, number>;
  readonly lists: Record<string, readonly string[]>;
  left: number;
}

/**
 * Takes the arguments that policies name, or all of them. A dot inside a name is escaped, so that no argument can pass
 * for a nested one. Throws `too_large` where there is more to look at than a decision may take.
 */
export function argumentValues(given: unknown, wanted: 'all' | readonly string[]): ArgumentValues {
  // Without prototypes: a path may be called like anything.
  const taking: Taking = {
    arguments: Object.create(null) as Record<string, string>,
    numbers: Object.create(null) as Record<string, number>,
    lists: Object.create(null) as Record<string, readonly string[]>,
    left: mostValues,
  };
  if (wanted === 'all') takeAll(given, [], taking);
  else for (const path of wanted) takeOne(path, at(given, stepsOf(path)), taking);
  return taking;
}

function takeAll(value: unknown, steps: readonly string[], taking: Taking): void {
  if (steps.length > deepest) throw tooMuch();
  if (steps.length > 0) takeOne(pathOf(steps), value, taking);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) takeAll(part, [...steps, name], taking);
}

function takeOne(path: string, value: unknown, taking: Taking): void {
  taking.left -= 1;
  if (taking.left < 0) throw tooMuch();
  if (typeof value === 'string') taking.arguments[path] = value;
  else if (typeof value === 'boolean' || typeof value === 'bigint') taking.arguments[path] = String(value);
  else if (typeof value === 'number') {
    taking.arguments[path] = String(value);
    if (Number.isSafeInteger(value)) taking.numbers[path] = value;
  } else if (Array.isArray(value)) {
    if (value.length > mostValues) throw tooMuch();
    taking.lists[path] = value.filter((item): item is string => typeof item === 'string');
  }
}

function at(value: unknown, steps: readonly string[]): unknown {
  let here = value;
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[step];
  }
  return here;
}

function pathOf(steps: readonly string[]): string {
  return steps.map((step) => step.replaceAll(/[\\.]/gu, (mark) => `\\${mark}`)).join('.');
}

/** Reads a path: dots separate, a backslash takes the next character as it is. */
function stepsOf(path: string): readonly string[] {
  const steps = [''];
  for (let index = 0; index < path.length; index++) {
    const mark = path.charAt(index);
    if (mark === '.') steps.push('');
    else {
      if (mark === '\\') index += 1;
      steps.push((steps.pop() ?? '') + (mark === '\\' ? path.charAt(index) : mark));
    }
  }
  return steps;
}

function tooMuch(): MeshError {
  return new MeshError('too_large', 'The arguments are too many, or nested too deeply, for the policies to decide on.');
}
