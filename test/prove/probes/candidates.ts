import type { Column, Shape } from './shape.ts';

/** Values that a check wants without mentioning them, because a function decides. */
const hints: Readonly<Record<string, readonly string[]>> = {
  'retention_settings.kind': ['audit'],
  'retention_settings.days': ['365'],
};

const texts = ['abc', 'a1', 'someone@example.org', 'https://example.org/x', '{}', 'a', 'abc_def', '0'.repeat(32)];
/** The id that a row gets where nobody gives it another one. */
export const sampleId = '01900000-0000-7000-8000-000000000001';

/**
 * Values to try in a column, as literals: what its type has, and what the checks on it mention. A type that is not known
 * here throws, for a table that cannot be filled cannot be probed.
 */
export function candidatesFor(shape: Shape, column: Column): readonly string[] {
  const hinted = hints[`${shape.name}.${column.name}`];
  if (hinted !== undefined) return hinted;
  const about = shape.checks.filter(({ columns }) => columns.includes(column.name)).map(({ definition }) => definition);
  const literals = about.flatMap(stringsIn);
  const numbers = about.flatMap(numbersIn);
  const own = column.labels.length > 0 ? column.labels : ofType(column.type, literals, numbers);
  if (own === undefined)
    throw new Error(`no value of type ${column.type} can be made for ${shape.name}.${column.name}`);
  return [...new Set(own)];
}

function stringsIn(definition: string): readonly string[] {
  return [...definition.matchAll(/'((?:[^']|'')*)'/gu)].flatMap(([, text = '']) => {
    const plain = text.replaceAll("''", "'");
    return plain.startsWith('{') && plain.endsWith('}') ? [plain, ...plain.slice(1, -1).split(',')] : [plain];
  });
}

function numbersIn(definition: string): readonly number[] {
  return [...definition.matchAll(/\b\d{1,6}\b/gu)].map(([digits]) => Number(digits));
}

function ofType(type: string, strings: readonly string[], numbers: readonly number[]): readonly string[] | undefined {
  const vector = /^(?:half)?vec(?:tor)?\((\d+)\)$/u.exec(type);
  if (vector !== null) return [`[${Array.from({ length: Number(vector[1]) }, () => '0.5').join(',')}]`];
  if (/^(?:smallint|integer|bigint|numeric|real|double precision|xid8)(?!.*\[\])/u.test(type))
    return ['1', '0', '2', ...numbers.map(String)];
  if (/^(?:text|character varying|citext|name)(?:\(\d+\))?$/u.test(type))
    return [...texts, ...strings, ...numbers.map(ofLength)];
  if (/^text\[\]|character varying\[\]$/u.test(type)) return ['{}', '{abc}', ...strings.map((text) => `{"${text}"}`)];
  return fixed(strings, numbers)[type];
}

function fixed(strings: readonly string[], numbers: readonly number[]): Readonly<Record<string, readonly string[]>> {
  // A check on JSON mentions the members that it wants.
  const objects = strings.map((name) => JSON.stringify({ [name]: 'abc' }));
  return {
    uuid: [sampleId],
    'uuid[]': [`{${sampleId}}`, '{}'],
    'integer[]': ['{1}', '{}'],
    'bigint[]': ['{1}', '{}'],
    vector: ['[0.5]'],
    boolean: ['true', 'false'],
    jsonb: ['{}', '[]', '"abc"', '{"a":1}', ...objects],
    json: ['{}', '[]'],
    bytea: [...numbers, 32, 12, 1].map((length) => `\\x${'ab'.repeat(Math.min(length, 4096))}`),
    'timestamp with time zone': ['2026-01-01T00:00:00Z', '2030-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
    date: ['2026-01-01', '2030-01-01'],
    interval: ['1 day', '1 second'],
    tsvector: ['abc:1'],
    inet: ['192.0.2.1'],
    int4range: ['[1,2)'],
  };
}

function ofLength(length: number): string {
  return 'a'.repeat(Math.min(Math.max(length, 1), 4096));
}
