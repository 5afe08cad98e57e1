import type { ErrorObject } from 'ajv/dist/2020.js';
import { isObject } from '../reading/json-value.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * The values with those of another type than the schema asks for turned into it, where nothing is lost and only one reading
 * is possible: numbers, booleans, lists and objects given as text, numbers where a text is wanted, and null for what need not
 * be given. Undefined where no error can be mended so.
 */
export function mendTypes(values: Values, errors: readonly ErrorObject[]): Values | undefined {
  const wanted = new Map<string, Set<string>>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword !== 'type') continue;
    const types = wanted.get(instancePath) ?? new Set();
    for (const type of [(params as { type: string | readonly string[] }).type].flat()) types.add(type);
    wanted.set(instancePath, types);
  }
  const mended = structuredClone(values) as Record<string, unknown>;
  const changed = [...wanted].filter(([path, types]) => mendAt(mended, path, types));
  return changed.length === 0 ? undefined : mended;
}

function mendAt(root: Record<string, unknown>, path: string, types: ReadonlySet<string>): boolean {
  const keys = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = keys.pop();
  if (key === undefined) return false;
  const holder = keys.reduce<unknown>((value, one) => memberOf(value, one), root);
  const value = memberOf(holder, key);
  if (value === null && isObject(holder)) return Reflect.deleteProperty(holder, key);
  const converted = convert(value, types);
  if (converted === undefined || typeof holder !== 'object' || holder === null) return false;
  return Reflect.set(holder, key, converted);
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function convert(value: unknown, types: ReadonlySet<string>): unknown {
  if (typeof value === 'number' && types.has('string') && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string') return undefined;
  return numberOf(value, types) ?? booleanOf(value, types) ?? parsed(value, types);
}

function numberOf(text: string, types: ReadonlySet<string>): number | undefined {
  const number = Number(text);
  const exact = String(number) === text && Number.isFinite(number);
  return exact && (types.has('integer') || types.has('number')) ? number : undefined;
}

function booleanOf(text: string, types: ReadonlySet<string>): boolean | undefined {
  return types.has('boolean') && (text === 'true' || text === 'false') ? text === 'true' : undefined;
}

function parsed(text: string, types: ReadonlySet<string>): unknown {
  if (!/^\s*[[{]/u.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return types.has(Array.isArray(value) ? 'array' : 'object') ? value : undefined;
  } catch {
    // It only looked like JSON; the error says what is wanted.
    return undefined;
  }
}
