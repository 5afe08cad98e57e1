import { MeshError } from '@devmesh/foundation';
import { types } from 'pg';

/** A parameter as it crosses the wire: text, bytes, or null. */
export type WireValue = string | Uint8Array | null;

/**
 * Encodes parameters alike for both engines: an array becomes a PostgreSQL array (stringify it yourself for a jsonb
 * column), any other object becomes JSON, a Float32Array becomes a pgvector literal.
 */
export function encodeValues(values: readonly unknown[]): WireValue[] {
  return values.map(encodeValue);
}

function encodeValue(value: unknown): WireValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value === 'object') return encodeObject(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  throw new MeshError('internal', `A ${typeof value} cannot be a parameter of a statement.`);
}

function encodeObject(value: object): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Float32Array) return `[${value.join(',')}]`;
  if (Array.isArray(value)) return encodeArray(value);
  return JSON.stringify(value);
}

function encodeArray(values: readonly unknown[]): string {
  return `{${values.map(encodeElement).join(',')}}`;
}

function encodeElement(value: unknown): string {
  if (Array.isArray(value)) return encodeArray(value);
  const encoded = encodeValue(value);
  if (encoded === null) return 'NULL';
  const text = typeof encoded === 'string' ? encoded : `\\x${Buffer.from(encoded).toString('hex')}`;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

type Parser = (text: string) => unknown;

const standardParser = types.getTypeParser as (type: number, format: 'text') => Parser;
const asText: Parser = (text) => text;
const asTexts = standardParser(1009, 'text');

// pg gives dates in the machine's time zone, intervals as objects, bigints as text and numeric arrays as floats.
const ownParsers = new Map<number, Parser>([
  [20, parseInt8],
  [1016, (text) => mapNested(asTexts(text), parseInt8)],
  [1082, asText],
  [1182, asTexts],
  [1186, asText],
  [1187, asTexts],
  [1231, asTexts],
]);

function mapNested(value: unknown, parse: Parser): unknown {
  if (Array.isArray(value)) return value.map((element) => mapNested(element, parse));
  return typeof value === 'string' ? parse(value) : value;
}

function parseInt8(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new MeshError('internal', 'A bigint of the database is too large for a number; select it as text.');
}

/** The parser of a column's type: bigint gives a number, numeric, date and interval text, timestamptz a Date, json its value. */
export function parserOf(type: number): Parser {
  return ownParsers.get(type) ?? standardParser(type, 'text');
}

/** The same parsers in the form that `pg` takes; its answers are always text. */
export const pgTypes = { getTypeParser: parserOf };
