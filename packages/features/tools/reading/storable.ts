import { isObject } from './json-value.ts';

// PostgreSQL stores neither U+0000 nor half of a surrogate pair.
const halves = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** The same value with every text made storable in PostgreSQL: what it cannot hold becomes U+FFFD. */
export function storable<Value>(value: Value): Value {
  return cleaned(value) as Value;
}

/** The JSON text of a value, storable too. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  // Such characters are escaped there, and most documents hold none of them.
  return /\\u(?:0000|d[89a-f])/u.test(text) ? JSON.stringify(storable(value)) : text;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(halves, '\uFFFD');
  if (Array.isArray(value)) return value.map(cleaned);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key.replaceAll(halves, '\uFFFD'), cleaned(part)]),
  );
}
