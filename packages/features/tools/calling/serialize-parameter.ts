import { isObject } from '../reading/json-value.ts';
import type { ParameterBinding } from './binding.ts';

/** Name and value, both unencoded. */
export type Pair = readonly [string, string];

/** The text of one value that is no list or object; nested ones become JSON. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value ?? null);
}

const separators: Readonly<Record<string, string>> = { spaceDelimited: ' ', pipeDelimited: '|' };

/** The pairs of a query or cookie parameter, by its OpenAPI style. */
export function toPairs(binding: ParameterBinding, value: unknown): readonly Pair[] {
  const { name, style, explode } = binding;
  if (binding.json === true) return [[name, JSON.stringify(value)]];
  const separator = separators[style] ?? ',';
  if (Array.isArray(value)) {
    if (explode) return value.map((item) => [name, textOfValue(item)]);
    return value.length === 0 ? [] : [[name, value.map(textOfValue).join(separator)]];
  }
  if (!isObject(value)) return [[name, textOfValue(value)]];
  if (style === 'deepObject') return deepPairs(name, value);
  const entries = Object.entries(value).map(([key, part]) => [key, textOfValue(part)] as const);
  if (explode) return entries;
  return entries.length === 0 ? [] : [[name, entries.flat().join(separator)]];
}

/** `name[key]=value`, nested as servers commonly read it. */
function deepPairs(name: string, value: unknown): readonly Pair[] {
  if (Array.isArray(value)) return value.flatMap((item) => deepPairs(isObject(item) ? `${name}[]` : name, item));
  if (!isObject(value)) return [[name, textOfValue(value)]];
  return Object.entries(value).flatMap(([key, part]) => deepPairs(`${name}[${key}]`, part));
}

/** The text of a header parameter (style `simple`). */
export function toHeader(binding: ParameterBinding, value: unknown): string {
  if (binding.json === true) return JSON.stringify(value);
  return parts(binding, value, (text) => text).join(',');
}

/** The encoded text that replaces `{name}` in a path. */
export function toPath(binding: ParameterBinding, value: unknown): string {
  const encode = encodeURIComponent;
  if (binding.json === true) return encode(JSON.stringify(value));
  const items = parts(binding, value, encode);
  if (binding.style === 'label') return `.${items.join(binding.explode ? '.' : ',')}`;
  if (binding.style !== 'matrix') return items.join(',');
  const name = encode(binding.name);
  if (!binding.explode) return `;${name}=${items.join(',')}`;
  return items.map((item) => (isObject(value) ? `;${item}` : `;${name}=${item}`)).join('');
}

function parts({ explode }: ParameterBinding, value: unknown, encode: (text: string) => string): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => encode(textOfValue(item)));
  if (!isObject(value)) return [encode(textOfValue(value))];
  const entries = Object.entries(value).map(([key, part]) => [encode(key), encode(textOfValue(part))] as const);
  return explode ? entries.map(([key, part]) => `${key}=${part}`) : entries.flat();
}
