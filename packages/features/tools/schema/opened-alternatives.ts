import { isObject, type Loose } from '../reading/json-value.ts';

const values: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);
const prefix = '#/$defs/';

/** The schema with `anyOf` for each `oneOf` of which an alternative stays open: that one takes in what fits another. */
export function withOpenedAlternatives<T>(schema: T, opened: ReadonlySet<string>): T {
  return (opened.size === 0 ? schema : rewritten(schema, opened)) as T;
}

function rewritten(value: unknown, opened: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => rewritten(item, opened));
  if (!isObject(value)) return value;
  const blurred = value['anyOf'] === undefined && hasOpened(value, opened);
  return Object.fromEntries(
    Object.entries(value).map(([keyword, held]) => [
      blurred && keyword === 'oneOf' ? 'anyOf' : keyword,
      values.has(keyword) ? held : rewritten(held, opened),
    ]),
  );
}

function hasOpened({ oneOf }: Loose, opened: ReadonlySet<string>): boolean {
  const leadsToOpened = (part: unknown): boolean =>
    isObject(part) && typeof part['$ref'] === 'string' && opened.has(part['$ref'].slice(prefix.length));
  return Array.isArray(oneOf) && oneOf.some(leadsToOpened);
}
