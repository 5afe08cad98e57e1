import { fileSchema } from '../calling/file-argument.ts';
import { isObject, listOf, own, type Loose } from '../reading/json-value.ts';
import { saysMore, type References } from '../reading/references.ts';
import { isBinary } from '../reading/request-body.ts';
import type { Remarks } from '../reading/remarks.ts';
import { areBlurred } from './alternatives.ts';
import { discriminated, mappedValues } from './discriminator.ts';
import { hiddenNames, impossibleNames, isHidden } from './hidden-properties.ts';
import { asHint } from './hints.ts';
import type { JsonSchema, SubSchema } from './json-schema.ts';
import { plainKeywords, readTypes, subSchemas } from './keywords.ts';
import type { Side } from './sides.ts';
import { unicodePattern } from './unicode-pattern.ts';
import { visibleValue } from './visible-value.ts';

/** What one conversion reads and notes. */
export interface Conversion {
  readonly references: References;
  readonly side: Side;
  /** The name under `$defs` of what a pointer leads to. */
  readonly nameOf: (pointer: string) => string;
  /** Names that the converted schema refers to; true where the reference judges the same value (a possible circle). */
  readonly refers: Map<string, boolean>;
  /** On parts that became open schemas. */
  readonly remarks: Remarks;
  /** Schemas that may still be converted, over the whole document. */
  readonly budget: { left: number };
}

interface Position {
  readonly depth: number;
  /** Whether the schema judges the very value that the root judges. */
  readonly inPlace: boolean;
  /** Properties that another part of the same `allOf` takes away. */
  readonly hidden?: ReadonlySet<string>;
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
 * Converts a schema of any OpenAPI dialect into JSON Schema 2020-12, for one side of a call. Never throws: what is not
 * understood is left open, since the service judges it anyway.
 */
export function convertSchema(
  conversion: Conversion,
  schema: unknown,
  position: Position = { depth: 0, inPlace: true },
): SubSchema {
  if (typeof schema === 'boolean') return conversion.side === 'output' ? {} : schema;
  if (!isObject(schema)) return {};
  conversion.budget.left -= 1;
  if (position.depth > deepest || conversion.budget.left < 0) {
    conversion.remarks.add(
      'schema_too_large',
      'a schema is nested too deeply, or the document holds too many, so a part is left open',
    );
    return {};
  }
  const reference = own(schema, '$ref') ?? own(schema, '$dynamicRef');
  const converted =
    typeof reference === 'string'
      ? convertReference(conversion, schema, { reference, position })
      : convertKeywords(conversion, schema, position);
  return conversion.side === 'output' ? asHint(converted) : converted;
}

function convertKeywords(conversion: Conversion, schema: Loose, position: Position): JsonSchema {
  if (conversion.side === 'form' && isBinary(conversion.references, schema)) {
    return fileSchema(plainKeywords['description']?.(schema['description']) as string | undefined);
  }
  const converted = Object.fromEntries([
    ...typeEntries(schema),
    ...plainEntries(conversion, schema),
    ...subEntries(conversion, schema, position),
  ]);
  return nullable(schema, tidy(conversion, schema, { converted, position }));
}

/** OpenAPI 3.0 ignores what stands beside a reference, yet authors mean the annotations; from 3.1 on all of it counts. */
function convertReference(
  conversion: Conversion,
  schema: Loose,
  { reference, position }: { reference: string; position: Position },
): JsonSchema {
  const { references } = conversion;
  const counts = references.besideCounts && saysMore(schema);
  const beside = counts
    ? convertKeywords(conversion, without(schema, ['$ref', '$dynamicRef']), position)
    : Object.fromEntries(plainEntries(conversion, schema).filter(([keyword]) => annotations.has(keyword)));
  const target = references.resolveSchema(reference);
  if (!target.found) {
    conversion.remarks.add('reference_unresolved', target.reason);
    return beside;
  }
  if (conversion.side === 'form' && isBinary(references, target.value)) {
    return { ...convertKeywords(conversion, target.value as Loose, position), ...beside };
  }
  const name = conversion.nameOf(target.pointer);
  conversion.refers.set(name, position.inPlace || conversion.refers.get(name) === true);
  return nullable(schema, { $ref: `#/$defs/${name}`, ...beside });
}

function without(schema: Loose, keywords: readonly string[]): Loose {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}

type Entry = readonly [string, unknown];

function typeEntries(schema: Loose): Entry[] {
  const types = readTypes(own(schema, 'type'));
  if (types.length === 0) return [];
  return [['type', types.length === 1 ? types[0] : types]];
}

function plainEntries(conversion: Conversion, schema: Loose): Entry[] {
  const entries: Entry[] = [];
  const visible = (value: unknown): unknown => visibleValue(conversion, schema, value);
  for (const keyword of Object.keys(schema)) {
    const read = Object.hasOwn(plainKeywords, keyword) ? plainKeywords[keyword] : undefined;
    const value = read?.(schema[keyword]);
    if (value === undefined) continue;
    if (keyword === 'examples') entries.push([keyword, listOf(value).map(visible)]);
    else entries.push([keyword, keyword === 'default' ? visible(value) : value]);
  }
  const example = own(schema, 'example');
  const examples = example === undefined ? undefined : plainKeywords['examples']?.([visible(example)]);
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
  const hidden = Array.isArray(schema['allOf']) ? hiddenOf(conversion, schema, position) : position.hidden;
  for (const keyword of Object.keys(schema)) {
    const rule = subSchemas.get(keyword);
    if (rule === undefined) continue;
    const below = { depth: position.depth + 1, inPlace: position.inPlace && rule.inPlace };
    const convert = (value: unknown): SubSchema =>
      convertSchema(conversion, value, keyword === 'allOf' && hidden !== undefined ? { ...below, hidden } : below);
    const value = schema[keyword];
    if (keyword === 'properties') entries.push([keyword, convertProperties(conversion, value, convert)]);
    else if (keyword === 'items' && Array.isArray(value)) entries.push(['prefixItems', holders.list(value, convert)]);
    else entries.push([keyword, holders[rule.holds](value, convert)]);
  }
  return entries;
}

/** What any part of an `allOf` takes away, no part may require. */
function hiddenOf({ references, side }: Conversion, schema: Loose, position: Position): ReadonlySet<string> {
  return new Set([...(position.hidden ?? []), ...hiddenNames(references, schema, side)]);
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
  const { references, side } = conversion;
  const shown = Object.entries(value).filter(([, part]) => !isHidden(references, part, side));
  return holders.map(Object.fromEntries(shown), convert);
}

interface Converted {
  readonly converted: JsonSchema;
  readonly position: Position;
}

/** Takes away what 2020-12 refuses once the keywords stand together. */
function tidy(conversion: Conversion, source: Loose, { converted, position }: Converted): JsonSchema {
  const kept: Record<string, unknown> = Object.fromEntries(
    Object.entries(converted).filter(([, value]) => value !== undefined),
  );
  const patterns = kept['patternProperties'];
  if (isObject(patterns) && Object.keys(patterns).some((pattern) => unicodePattern(pattern) !== pattern))
    delete kept['patternProperties'];
  dropCompanions(kept);
  if (Array.isArray(kept['required'])) {
    const hidden = hiddenOf(conversion, source, position);
    const impossible = impossibleNames(source);
    kept['required'] = kept['required'].filter((name) => !hidden.has(String(name)) && !impossible.has(String(name)));
  }
  const choice = (['oneOf', 'anyOf'] as const).find((keyword) => Array.isArray(kept[keyword]));
  if (choice !== undefined) {
    kept[choice] = discriminated(conversion.references, source, kept[choice] as readonly SubSchema[]);
  }
  if (conversion.side !== 'output') openWhole(conversion, source, kept);
  return withMappedValues(source, kept);
}

/** Says no more of alternatives and parts than the whole of them means. */
function openWhole({ references, side }: Conversion, source: Loose, kept: Record<string, unknown>): void {
  const parts = (['allOf', 'anyOf', 'oneOf'] as const).some((keyword) => kept[keyword] !== undefined);
  // It would refuse what only the parts declare.
  if (parts && kept['additionalProperties'] === false) delete kept['additionalProperties'];
  if (kept['oneOf'] === undefined || kept['anyOf'] !== undefined) return;
  // What a discriminator names, or nothing tells apart, may fit several alternatives.
  if (!isObject(source['discriminator']) && !areBlurred(references, listOf(source['oneOf']), side)) return;
  kept['anyOf'] = kept['oneOf'];
  delete kept['oneOf'];
}

/** Keywords that say nothing without another one. */
const companions = [
  ['then', 'if'],
  ['else', 'if'],
  ['minContains', 'contains'],
  ['maxContains', 'contains'],
] as const;

function dropCompanions(schema: Record<string, unknown>): void {
  for (const [keyword, needed] of companions) if (schema[needed] === undefined) delete schema[keyword];
  // No number of items is too few, so nothing is said.
  if (schema['minContains'] === 0 && schema['maxContains'] === undefined) {
    delete schema['minContains'];
    delete schema['contains'];
  }
  if (schema['then'] === undefined && schema['else'] === undefined) delete schema['if'];
}

function withMappedValues(source: Loose, converted: Record<string, unknown>): JsonSchema {
  const mapped = mappedValues(source);
  const properties = converted['properties'];
  if (mapped === undefined || !isObject(properties) || !isObject(own(properties, mapped.property))) return converted;
  const property = properties[mapped.property] as JsonSchema;
  if (property['enum'] !== undefined || property['examples'] !== undefined) return converted;
  return {
    ...converted,
    properties: { ...properties, [mapped.property]: { ...property, examples: mapped.values.slice(0, mostValues) } },
  };
}

const mostValues = 20;

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
