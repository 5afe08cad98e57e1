import { isObject } from '../reading/json-value.ts';
import type { ParameterBinding } from './binding.ts';
import { isJsonType } from './media-type.ts';
import { percentEncode, percentEncodeReserved } from './percent-encoding.ts';

/** Name and value, both encoded. */
export type Pair = readonly [string, string];

/** What decides how a value is written. */
export type Style = Pick<
  ParameterBinding,
  'name' | 'style' | 'explode' | 'json' | 'mediaType' | 'allowReserved' | 'allowEmptyValue'
>;

/** A value that its style cannot express; the message goes behind the argument's name. */
export class Inexpressible extends Error {}

/** The text of one value that is no list or object; nested ones become JSON. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value ?? null);
}

/** The text of a value whose media type a parameter names. */
export function contentText({ json, mediaType = '' }: Pick<Style, 'json' | 'mediaType'>, value: unknown): string {
  if (json === true || isJsonType(mediaType)) return JSON.stringify(value);
  if (/^application\/x-www-form-urlencoded\b/iu.test(mediaType) && isObject(value)) return joinPairs(formPairs(value));
  return textOfValue(value);
}

function hasContent({ json, mediaType }: Style): boolean {
  return json === true || mediaType !== undefined;
}

/** Each member as a pair of its own, lists once for each item. */
function formPairs(value: Readonly<Record<string, unknown>>): readonly Pair[] {
  return Object.entries(value).flatMap(([name, part]) => toPairs({ name, style: 'form', explode: true }, part));
}

/** Pairs as they stand in a query. */
export function joinPairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** As undefined values of RFC 6570 are: left out. */
function isUndefined(value: unknown): boolean {
  return value === null || value === undefined;
}

/** The pairs of a query or form parameter, by its OpenAPI style. Throws `Inexpressible`. */
export function toPairs(binding: Style, value: unknown): readonly Pair[] {
  const name = percentEncode(binding.name);
  const encode = encoderOf(binding);
  if (hasContent(binding)) return [[name, encode(contentText(binding, value))]];
  if (isEmpty(value)) return binding.allowEmptyValue === true ? [[name, '']] : [];
  if (binding.style === 'deepObject') return deepPairs(name, value, encode);
  const list = listOfValues(value);
  if (list !== undefined) {
    if (binding.explode) return list.map((item) => [name, encode(item)]);
    return [[name, joinBy(binding.style, list, encode)]];
  }
  const entries = entriesOf(value);
  if (entries === undefined) return [[name, encode(textOfValue(value))]];
  if (binding.explode) return entries.map(([key, part]) => [percentEncode(key), encode(part)]);
  return [[name, joinBy(binding.style, entries.flat(), encode)]];
}

type Encode = (text: string) => string;

function encoderOf({ allowReserved }: Style): Encode {
  return allowReserved === true ? percentEncodeReserved : percentEncode;
}

/** Lists and objects without a member, and null, are undefined in RFC 6570; an empty text is not. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isUndefined);
  return isObject(value) ? Object.values(value).every(isUndefined) : isUndefined(value);
}

function listOfValues(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => !isUndefined(item)).map(textOfValue) : undefined;
}

function entriesOf(value: unknown): readonly (readonly [string, string])[] | undefined {
  if (!isObject(value)) return undefined;
  return Object.entries(value).flatMap(([key, part]) => (isUndefined(part) ? [] : [[key, textOfValue(part)] as const]));
}

const separators: Readonly<
  Record<string, { readonly character: string; readonly encoded: string; readonly name: string }>
> = {
  spaceDelimited: { character: ' ', encoded: '%20', name: 'a space' },
  pipeDelimited: { character: '|', encoded: '%7C', name: 'the character |' },
  tabDelimited: { character: '\t', encoded: '%09', name: 'a tab' },
};

function joinBy(style: string, items: readonly string[], encode: Encode): string {
  const separator = separators[style];
  if (separator === undefined) return joinByComma(items, encode);
  // The service decodes before it splits, so that nothing could protect the character inside of an item.
  if (items.some((item) => item.includes(separator.character))) {
    throw new Inexpressible(`must not contain ${separator.name} in an item, as it separates the items there`);
  }
  return items.map(encode).join(separator.encoded);
}

function joinByComma(items: readonly string[], encode: Encode): string {
  return items.map((item) => encode(item).replaceAll(',', '%2C')).join(',');
}

/** `name[key]=value`, nested as servers commonly read it: `[]` for each item that is a plain value, an index for one that is more. */
function deepPairs(name: string, value: unknown, encode: Encode): readonly Pair[] {
  if (isUndefined(value)) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const nested = isObject(item) || Array.isArray(item);
      return deepPairs(`${name}%5B${nested ? String(index) : ''}%5D`, item, encode);
    });
  }
  if (!isObject(value)) return [[name, encode(textOfValue(value))]];
  return Object.entries(value).flatMap(([key, part]) => deepPairs(`${name}%5B${percentEncode(key)}%5D`, part, encode));
}

/** The text of a header parameter (style `simple`); undefined for nothing. */
export function toHeader(binding: Style, value: unknown): string | undefined {
  if (hasContent(binding)) return contentText(binding, value);
  if (isEmpty(value)) return undefined;
  const items = itemsOf(binding, value, (text) => text);
  return items.join(',');
}

/** The encoded text that replaces `{name}` in a path. */
export function toPath(binding: Style, value: unknown): string {
  const encode = percentEncode;
  if (hasContent(binding)) return encode(contentText(binding, value));
  if (isEmpty(value)) throw new Inexpressible('must not be empty');
  const items = itemsOf(binding, value, encode);
  if (binding.style === 'label') return `.${items.join(binding.explode ? '.' : ',')}`;
  if (binding.style !== 'matrix') return items.join(',');
  const name = encode(binding.name);
  if (!binding.explode) return matrixItem(name, items.join(','));
  return items.map((item) => (isObject(value) ? `;${item}` : matrixItem(name, item))).join('');
}

function matrixItem(name: string, text: string): string {
  return text === '' ? `;${name}` : `;${name}=${text}`;
}

function itemsOf({ explode }: Style, value: unknown, encode: Encode): readonly string[] {
  const list = listOfValues(value);
  if (list !== undefined) return list.map(encode);
  const entries = entriesOf(value);
  if (entries === undefined) return [encode(textOfValue(value))];
  if (explode) return entries.map(([key, part]) => `${encode(key)}=${encode(part)}`);
  return entries.flatMap(([key, part]) => [encode(key), encode(part)]);
}
