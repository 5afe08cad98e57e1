import { arrayOf, isRecord, recordOf, stringsOf } from '../document/loose.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { typesIn } from '../schema/keywords.ts';
import { flatten, merge } from './merge.ts';
import { generateNumber } from './number.ts';
import { generateText } from './text.ts';

type Keywords = Readonly<Record<string, unknown>>;

/** How a value is generated; the same options give the same value. */
export interface GenerateOptions {
  readonly follow: (reference: string) => JsonSchema;
  readonly valid: (schema: JsonSchema, value: unknown) => boolean;
  /** Only what is required, or what is optional too. */
  readonly fill: 'least' | 'most';
  /** Whether examples and defaults of the schema are used where they fit it. */
  readonly examples: boolean;
  readonly seed?: number;
}

interface Run extends GenerateOptions {
  readonly budget: { left: number };
  turn: number;
}

const mostNodes = 3_000;
const deepestOptional = 5;
const deepestRequired = 14;
const mostBranches = 60;
const mostOthers = 120;

/** A value that fits a schema, as far as one was found; undefined where nothing fits. */
export function generateValue(schema: JsonSchema, options: GenerateOptions): unknown {
  return generate({ ...options, budget: { left: mostNodes }, turn: options.seed ?? 0 }, schema, 0);
}

function generate(run: Run, schema: JsonSchema, depth: number): unknown {
  run.budget.left -= 1;
  const flat = flatten(schema, run.follow);
  if (flat === undefined) return undefined;
  if ('const' in flat) return flat['const'];
  const given = givenValue(run, schema, flat);
  if (given !== undefined) return given;
  const branches = (arrayOf(flat['oneOf'] ?? flat['anyOf']) as readonly JsonSchema[]).slice(0, mostBranches);
  if (branches.length === 0) return byType(run, flat, depth);
  return fromBranches(run, { schema, flat, branches }, depth);
}

/** An enumerated value, or an example that fits. */
function givenValue(run: Run, schema: JsonSchema, flat: Keywords): unknown {
  const values = flat['enum'];
  if (Array.isArray(values)) {
    const all = (values as unknown[]).filter((value) => value !== null);
    const rotated = all.map((_value, index) => all[(index + run.turn) % all.length]);
    return rotated.slice(0, 20).find((value) => run.valid(schema, value)) ?? rotated[0];
  }
  if (!run.examples) return undefined;
  const examples = [...arrayOf(flat['examples']), flat['default']];
  return examples.find((example) => example !== undefined && example !== null && run.valid(schema, example));
}

interface Branching {
  readonly schema: JsonSchema;
  readonly flat: Keywords;
  readonly branches: readonly JsonSchema[];
}

function fromBranches(run: Run, { schema, flat, branches }: Branching, depth: number): unknown {
  const { oneOf, anyOf, ...base } = flat;
  const rest: Keywords = oneOf === undefined ? base : { ...base, ...(anyOf === undefined ? {} : { anyOf }) };
  let fallback: unknown;
  const attempts = [run, { ...run, fill: run.fill === 'most' ? ('least' as const) : ('most' as const) }];
  const first = (run.seed ?? 0) % branches.length;
  const rotated = [...branches.slice(first), ...branches.slice(0, first)];
  for (const attempt of attempts) {
    for (const branch of rotated.toSorted(nullLast)) {
      const part = flatten(branch, run.follow);
      if (part === undefined || run.budget.left < 0) continue;
      const value = generate(attempt, merge(rest, part), depth + 1);
      if (value !== undefined && run.valid(schema, value)) return value;
      fallback ??= value;
    }
  }
  return fallback;
}

function nullLast(one: JsonSchema, other: JsonSchema): number {
  const isNull = (schema: JsonSchema): number => (isRecord(schema) && schema['type'] === 'null' ? 1 : 0);
  return isNull(one) - isNull(other);
}

function byType(run: Run, flat: Keywords, depth: number): unknown {
  switch (typeToWrite(flat)) {
    case 'object':
      return generateObject(run, flat, depth);
    case 'array':
      return generateArray(run, flat, depth);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'integer':
      return generateNumber(flat, { integer: true, turn: run.turn });
    case 'number':
      return generateNumber(flat, { integer: false, turn: run.turn });
    case undefined:
    default:
      return generateText(flat, run.turn);
  }
}

function typeToWrite(flat: Keywords): string | undefined {
  const types = typesIn(flat['type']);
  const named = types.find((type) => type !== 'null') ?? types[0];
  if (named !== undefined) return named;
  if ('properties' in flat || 'additionalProperties' in flat || 'required' in flat) return 'object';
  if ('items' in flat || 'prefixItems' in flat) return 'array';
  return 'minimum' in flat || 'maximum' in flat ? 'number' : undefined;
}

function generateArray(run: Run, flat: Keywords, depth: number): readonly unknown[] {
  const prefix = arrayOf(flat['prefixItems']) as readonly JsonSchema[];
  const least = Math.min(countIn(flat['minItems'], 0), 200);
  const wanted = Math.min(Math.max(least, run.fill === 'most' ? 2 : 1), countIn(flat['maxItems'], Infinity));
  // Deeper lists end recursion before what they hold can no longer be filled.
  const count = depth > deepestOptional || run.budget.left < 0 ? least : wanted;
  const before = run.turn;
  const items: unknown[] = [];
  for (let index = 0; index < count; index += 1) {
    run.turn = before + index;
    const schema = prefix[index] ?? (flat['items'] as JsonSchema | undefined) ?? true;
    const item = generate(run, schema, depth + 1);
    const repeated = items.some((present) => JSON.stringify(present) === JSON.stringify(item));
    if (item !== undefined && !(repeated && flat['uniqueItems'] === true)) items.push(item);
  }
  run.turn = before;
  return items;
}

function generateObject(run: Run, flat: Keywords, depth: number): Keywords {
  const properties = recordOf(flat['properties']);
  const required = new Set(stringsOf(flat['required']));
  const most = countIn(flat['maxProperties'], Infinity);
  const value: Record<string, unknown> = {};
  const add = (name: string, schema: JsonSchema): void => {
    const member = generate(run, schema, depth + 1);
    if (member !== undefined && name !== '__proto__') value[name] = member;
  };
  const others = otherSchema(flat);
  for (const name of depth > deepestRequired ? [] : required) {
    add(name, (Object.hasOwn(properties, name) ? properties[name] : others) as JsonSchema);
  }
  const wanted = run.fill === 'most' && depth <= deepestOptional ? most : countIn(flat['minProperties'], 0);
  const optional = Object.entries(properties).filter(([name, schema]) => !required.has(name) && !isOpen(run, schema));
  for (const [name, schema] of optional) {
    if (Object.keys(value).length >= wanted || run.budget.left < 0) break;
    add(name, schema as JsonSchema);
  }
  const count = others === false ? 0 : othersWanted(flat, wanted);
  for (let extra = 1; Object.keys(value).length < count && extra < mostOthers; extra += 1) {
    add(`key${String(extra)}`, others);
  }
  return value;
}

/** How many members there shall be, those that nobody names included. */
function othersWanted(flat: Keywords, wanted: number): number {
  const least = Math.min(countIn(flat['minProperties'], 0), 100);
  const named = Object.keys(recordOf(flat['properties'])).length > 0;
  return !named && isRecord(flat['additionalProperties']) && wanted > 0 ? Math.max(least, 1) : least;
}

/** Whether a schema says too little of its value for one to be made up: nothing at all, or names without what they hold. */
function isOpen(run: Run, schema: unknown, depth = 0): boolean {
  if (typeof schema === 'boolean' || depth > 3) return schema === true;
  const flat = isRecord(schema) ? flatten(schema, run.follow) : undefined;
  if (flat === undefined) return false;
  if (Object.keys(flat).every((keyword) => silent.has(keyword))) return true;
  if (flat['type'] === 'array' && isRecord(flat['items'])) return isOpen(run, flat['items'], depth + 1);
  return flat['type'] === 'object' && Object.keys(flat).every((keyword) => nameOnly.has(keyword)) && 'required' in flat;
}

const silent: ReadonlySet<string> = new Set(['description', 'title', 'examples', 'default', 'readOnly']);
const nameOnly: ReadonlySet<string> = new Set([...silent, 'type', 'required']);

function otherSchema(flat: Keywords): JsonSchema {
  const other = flat['additionalProperties'];
  return typeof other === 'boolean' || isRecord(other) ? other : true;
}

function countIn(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? value : otherwise;
}
