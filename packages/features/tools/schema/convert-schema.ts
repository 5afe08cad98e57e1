import { isObject, own, type Loose } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import type { JsonSchema, SubSchema } from './json-schema.ts';
import { isPattern, plainKeywords, readTypes, subSchemas } from './keywords.ts';

/** What one conversion reads and notes. */
export interface Conversion {
  readonly references: References;
  /** The name under `$defs` of what a pointer leads to. */
  readonly nameOf: (pointer: string) => string;
  /** Names that the converted schema refers to; true where the reference judges the same value (a possible circle). */
  readonly refers: Map<string, boolean>;
  /** Sentences on parts that became open schemas. */
  readonly remarks: Set<string>;
  /** Schemas that may still be converted, over the whole document. */
  readonly budget: { left: number };
}

interface Position {
  readonly depth: number;
  /** Whether the schema judges the very value that the root judges. */
  readonly inPlace: boolean;
}

const deepest = 48;
const annotations: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
]);

/**
 * Converts a schema of any OpenAPI dialect into JSON Schema 2020-12, as a request may hold it: read-only properties go.
 * Never throws: what is not understood is left open, since the service judges it anyway.
 */
export function convertSchema(
  conversion: Conversion,
  schema: unknown,
  position: Position = { depth: 0, inPlace: true },
): SubSchema {
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema)) return {};
  conversion.budget.left -= 1;
  if (position.depth > deepest || conversion.budget.left < 0) {
    conversion.remarks.add('a schema is nested too deeply, or the document holds too many, so a part is left open');
    return {};
  }
  const reference = own(schema, '$ref');
  if (typeof reference === 'string') return convertReference(conversion, schema, { reference, position });
  const converted = Object.fromEntries([
    ...typeEntries(schema),
    ...plainEntries(schema),
    ...subEntries(conversion, schema, position),
  ]);
  return nullable(schema, tidy(conversion, schema, converted));
}

/** OpenAPI 3.0 ignores what stands beside a reference, yet authors mean the annotations; validation is left to the target. */
function convertReference(
  conversion: Conversion,
  schema: Loose,
  { reference, position }: { reference: string; position: Position },
): SubSchema {
  const beside = Object.fromEntries(plainEntries(schema).filter(([keyword]) => annotations.has(keyword)));
  const target = conversion.references.resolve(reference);
  if (!target.found) {
    conversion.remarks.add(target.reason);
    return beside;
  }
  const name = conversion.nameOf(target.pointer);
  conversion.refers.set(name, position.inPlace || conversion.refers.get(name) === true);
  return nullable(schema, { $ref: `#/$defs/${name}`, ...beside });
}

type Entry = readonly [string, unknown];

function typeEntries(schema: Loose): Entry[] {
  const types = readTypes(own(schema, 'type'));
  if (types.length === 0) return [];
  return [['type', types.length === 1 ? types[0] : types]];
}

function plainEntries(schema: Loose): Entry[] {
  const entries: Entry[] = [];
  for (const keyword of Object.keys(schema)) {
    const read = Object.hasOwn(plainKeywords, keyword) ? plainKeywords[keyword] : undefined;
    const value = read?.(schema[keyword]);
    if (value !== undefined) entries.push([keyword, value]);
  }
  const example = own(schema, 'example');
  const examples = example === undefined ? undefined : plainKeywords['examples']?.([example]);
  if (examples !== undefined && own(schema, 'examples') === undefined) entries.push(['examples', examples]);
  return [...entries, ...exclusiveBounds(schema)];
}

/** Draft 4 and OpenAPI 3.0 say `exclusiveMinimum: true` beside the bound. */
function exclusiveBounds(schema: Loose): Entry[] {
  return [['exclusiveMinimum', 'minimum'] as const, ['exclusiveMaximum', 'maximum'] as const].flatMap(
    ([exclusive, bound]): Entry[] => {
      const value = schema[bound];
      if (own(schema, exclusive) !== true || typeof value !== 'number' || !Number.isFinite(value)) return [];
      return [
        [exclusive, value],
        [bound, undefined],
      ];
    },
  );
}

function subEntries(conversion: Conversion, schema: Loose, position: Position): Entry[] {
  const entries: Entry[] = [];
  for (const keyword of Object.keys(schema)) {
    const rule = subSchemas.get(keyword);
    if (rule === undefined) continue;
    const below = { depth: position.depth + 1, inPlace: position.inPlace && rule.inPlace };
    const convert = (value: unknown): SubSchema => convertSchema(conversion, value, below);
    const value = schema[keyword];
    if (keyword === 'properties') entries.push([keyword, convertProperties(conversion, value, convert)]);
    else if (keyword === 'items' && Array.isArray(value)) entries.push(['prefixItems', holders.list(value, convert)]);
    else entries.push([keyword, holders[rule.holds](value, convert)]);
  }
  return entries;
}

type Convert = (value: unknown) => SubSchema;

const holders = {
  one: (value: unknown, convert: Convert): unknown =>
    isObject(value) || typeof value === 'boolean' ? convert(value) : undefined,
  list: (value: unknown, convert: Convert): unknown =>
    Array.isArray(value) && value.length > 0 ? value.map(convert) : undefined,
  map: (value: unknown, convert: Convert): unknown =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([name]) => name !== '__proto__')
            .map(([name, part]) => [name, convert(part)]),
        )
      : undefined,
};

function convertProperties(conversion: Conversion, value: unknown, convert: Convert): unknown {
  if (!isObject(value)) return undefined;
  const written = Object.entries(value).filter(([, part]) => !isReadOnly(conversion.references, part));
  return holders.map(Object.fromEntries(written), convert);
}

/** Whether only the service sets the value. */
export function isReadOnly(references: References, schema: unknown): boolean {
  return isObject(schema) && (schema['readOnly'] === true || references.object(schema)?.['readOnly'] === true);
}

/** Takes away what 2020-12 refuses once the keywords stand together. */
function tidy(conversion: Conversion, source: Loose, converted: JsonSchema): JsonSchema {
  const kept: Record<string, unknown> = Object.fromEntries(
    Object.entries(converted).filter(([, value]) => value !== undefined),
  );
  const patterns = kept['patternProperties'];
  if (isObject(patterns) && !Object.keys(patterns).every(isPattern)) delete kept['patternProperties'];
  const properties = own(source, 'properties');
  const required = kept['required'];
  if (Array.isArray(required) && isObject(properties)) {
    kept['required'] = required.filter((name) => !isReadOnly(conversion.references, own(properties, String(name))));
  }
  return kept;
}

/** `nullable` of OpenAPI 3.0 (and `x-nullable` before it) in the words of JSON Schema. */
function nullable(source: Loose, converted: JsonSchema): JsonSchema {
  if (source['nullable'] !== true && source['x-nullable'] !== true) return converted;
  const { type, enum: values } = converted;
  if (type === undefined) return withoutType(converted);
  const types = Array.isArray(type) ? (type as unknown[]) : [type];
  return {
    ...converted,
    type: types.includes('null') ? types : [...types, 'null'],
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...(values as unknown[]), null] } : {}),
  };
}

function withoutType(converted: JsonSchema): JsonSchema {
  const entries = Object.entries(converted);
  const said = Object.fromEntries(entries.filter(([keyword]) => annotations.has(keyword)));
  const judged = Object.fromEntries(entries.filter(([keyword]) => !annotations.has(keyword)));
  return Object.keys(judged).length === 0 ? converted : { ...said, anyOf: [judged, { type: 'null' }] };
}
