import { recordOf, stringOf } from '../document/loose.ts';
import type { Media, Writing } from '../document/operation.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { Schemas } from '../schema/schemas.ts';
import { itemOf, namesOf, propertyOf, typesOf } from '../schema/view.ts';
import { isJsonType, takesMediaType } from './media-type.ts';
import { readMultipart, type Part } from './multipart.ts';
import { readPairs } from './pair-styles.ts';
import { rawPairs, type RawPair } from './raw-values.ts';
import { readOnlyMembers } from './read-only.ts';
import { typed } from './text-tree.ts';
import type { Violation } from './violation.ts';

/** Holds a form body (`application/x-www-form-urlencoded`) against its schema. */
export function checkForm(schemas: Schemas, media: Media, text: string): readonly Violation[] {
  const schema = schemas.read(media.schema, 'request');
  const pairs = rawPairs(text);
  const values: Record<string, unknown> = {};
  const taken = new Set<string>();
  for (const name of propertyNames(schemas, schema, pairs)) {
    const property = propertyOf(schema, name, schemas.follow);
    const reading = readField(schemas, property, { name, pairs, media });
    if (reading === undefined) continue;
    values[name] = reading.value;
    for (const used of reading.names) taken.add(used);
  }
  // What no declared property explains is a property of its own.
  for (const [name, raw] of pairs) if (!taken.has(name)) values[name] = raw;
  return faultsOf(schemas, schema, values);
}

function propertyNames(schemas: Schemas, schema: JsonSchema, pairs: readonly RawPair[]): readonly string[] {
  const declared = namesOf(schema, schemas.follow).names;
  // Some names end in brackets of their own: `match[]`.
  const given = pairs.map(([name]) => (declared.has(name) ? name : name.replace(/\[.*$/u, '')));
  return [...new Set([...declared, ...given])];
}

interface Field {
  readonly name: string;
  readonly pairs: readonly RawPair[];
  readonly media: Media;
}

interface ReadField {
  readonly value: unknown;
  readonly names: ReadonlySet<string>;
}

/** The value of a field in the style of its encoding; where none is declared, in any that clients commonly use. */
function readField(schemas: Schemas, schema: JsonSchema, { name, pairs, media }: Field): ReadField | undefined {
  const encoding = recordOf(media.encoding[name]);
  const types = typesOf(schema, schemas.follow);
  const { names, open } = namesOf(schema, schemas.follow);
  const object = types.has('object') && names.size > 0 && !open;
  const members = (given: string): boolean => names.has(given);
  const readings = writingsOf(encoding).flatMap((writing) => readPairs({ name, writing, members, object }, pairs));
  const judged = readings.map(({ tree, names: used }) => ({ value: typed(schemas, schema, tree), names: used }));
  return judged.find(({ value }) => schemas.faults(schema, value).length === 0) ?? judged[0];
}

function writingsOf(encoding: Readonly<Record<string, unknown>>): readonly Writing[] {
  const style = stringOf(encoding['style']);
  const decodeFirst = encoding['decodeFirst'] === true;
  if (style === undefined && typeof encoding['explode'] !== 'boolean') {
    return [
      { style: 'form', explode: true },
      { style: 'deepObject', explode: true },
    ];
  }
  const explode = typeof encoding['explode'] === 'boolean' ? encoding['explode'] : (style ?? 'form') === 'form';
  return [{ style: style ?? 'form', explode, decodeFirst }];
}

/** Holds a multipart body against its schema, part by part. */
export function checkMultipart(
  schemas: Schemas,
  media: Media,
  { body, boundary }: { readonly body: Buffer; readonly boundary: string | undefined },
): readonly Violation[] {
  if (boundary === undefined) return [{ path: 'header.content-type', message: 'names no boundary' }];
  const parts = readMultipart(body, boundary);
  if (typeof parts === 'string') return [{ path: 'body', message: parts }];
  const schema = schemas.read(media.schema, 'request');
  // Parts have names; a schema of anything else cannot be about them.
  if (!typesOf(schema, schemas.follow).has('object')) return [];
  const { values, used } = readStyledParts(schemas, { schema, media, parts });
  const violations: Violation[] = [];
  for (const name of new Set(parts.map((part) => part.name).filter((given) => !used.has(given)))) {
    const read = readParts(schemas, { schema, media, parts }, name);
    values[name] = read.value;
    violations.push(...read.violations);
  }
  return [...violations, ...faultsOf(schemas, schema, values)];
}

interface Parts {
  readonly schema: JsonSchema;
  readonly media: Media;
  readonly parts: readonly Part[];
}

function readStyledParts(schemas: Schemas, { schema, media, parts }: Parts) {
  const styled = Object.keys(media.encoding).filter((name) => isStyled(recordOf(media.encoding[name])));
  const pairs = parts.map((part): RawPair => [part.name, encodeURIComponent(part.content.toString('utf8'))]);
  const values: Record<string, unknown> = {};
  const used = new Set<string>();
  for (const name of styled) {
    const field = readField(schemas, propertyOf(schema, name, schemas.follow), { name, pairs, media });
    if (field === undefined) continue;
    values[name] = field.value;
    for (const taken of field.names) used.add(taken);
  }
  return { values, used };
}

/** The value of the parts of one name: a list where the schema wants one. */
function readParts(schemas: Schemas, { schema, media, parts }: Parts, name: string) {
  const own = parts.filter((part) => part.name === name);
  const property = propertyOf(schema, name, schemas.follow);
  const types = typesOf(property, schemas.follow);
  const list = types.has('array') && (own.length > 1 || !types.has('string'));
  const item = list ? itemOf(property, schemas.follow) : property;
  const twice = own.length > 1 && !list ? [{ path: `body.${name}`, message: 'is given twice' }] : [];
  const read = own.map((part) => readPart(schemas, item, { part, media }));
  const faults = read.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  return { value: list ? read.map(({ value }) => value) : read[0]?.value, violations: [...twice, ...faults] };
}

/** Whether parts are written in a style, as OpenAPI 3.1 allows, instead of by their media type. */
function isStyled(encoding: Readonly<Record<string, unknown>>): boolean {
  return 'style' in encoding || 'explode' in encoding;
}

interface GivenPart {
  readonly part: Part;
  readonly media: Media;
}

function readPart(schemas: Schemas, schema: JsonSchema, { part, media }: GivenPart) {
  const declared = stringOf(recordOf(media.encoding[part.name])['contentType'])?.split(',');
  const given = part.type ?? 'text/plain';
  const types = typesOf(schema, schemas.follow);
  const structured = !types.has('string') && (types.has('object') || types.has('array'));
  const wanted = declared ?? (structured ? ['application/json'] : undefined);
  const fits = wanted === undefined || wanted.some((type) => takesMediaType(type.trim(), given));
  const message = `is sent as ${given}, not as ${wanted?.join(', ') ?? ''}`;
  const fault = fits ? undefined : { path: `body.${part.name}`, message };
  return { value: partValue(schemas, schema, { ...part, type: given }), fault };
}

function partValue(schemas: Schemas, schema: JsonSchema, { type, content, fileName }: Part): unknown {
  if (fileName !== undefined && !isJsonType(type ?? '')) return content.toString('latin1');
  const text = content.toString('utf8');
  if (!isJsonType(type ?? '')) return typed(schemas, schema, text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function faultsOf(schemas: Schemas, schema: JsonSchema, values: unknown): readonly Violation[] {
  const faults = [...schemas.faults(schema, values), ...readOnlyMembers(schemas, schema, values)];
  return faults.map(({ at, message }) => ({ path: ['body', ...at].join('.'), message }));
}
