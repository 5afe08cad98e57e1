import type { JsonSchema } from './json-schema.ts';

/**
 * Decodes a query string as its parameters' schemas say (`style: form`, `explode: true`). Text that is not
 * of the wanted type stays text, and a scalar given twice stays a list, so that validation names it.
 */
export function decodeQuery(
  query: URLSearchParams,
  schemas: Readonly<Record<string, JsonSchema>>,
): Record<string, unknown> {
  const decoded = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const texts = query.getAll(name);
    const type = schemas[name]?.['type'];
    const values = texts.map((text) => decodeScalar(text, type));
    decoded.set(name, type === 'array' || values.length > 1 ? values : values[0]);
  }
  return Object.fromEntries(decoded);
}

function decodeScalar(text: string, type: unknown): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
