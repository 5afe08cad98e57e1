import type { Issue } from '@devmesh/foundation';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { isObject, listOf, objectOf, own, type Loose } from '../reading/json-value.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { nearest } from './nearest-name.ts';

/** The judge of a part of the schema, in which references still lead into the whole; undefined for what does not stand alone. */
export type JudgePart = (part: Loose) => ValidateFunction | undefined;

interface Explaining {
  readonly schema: JsonSchema;
  readonly judge: JudgePart;
  /** Where the errors' instance paths begin. */
  readonly at: readonly string[];
  readonly depth: number;
}

const deepest = 3;
const mostBranches = 3;

/** What to repair, in the words of the caller's arguments; of alternatives only the one that fits best is spoken of. */
export function explainErrors(
  errors: readonly ErrorObject[],
  { schema, judge }: Pick<Explaining, 'schema' | 'judge'>,
): readonly Issue[] {
  const issues = explain(errors, { schema, judge, at: ['body', 'arguments'], depth: 0 });
  return [...new Map(issues.map((issue) => [`${issue.path} ${issue.message}`, issue])).values()];
}

function explain(errors: readonly ErrorObject[], explaining: Explaining): readonly Issue[] {
  return withoutInner(errors).flatMap((error) =>
    isAlternative(error) && !hasTooMany(error) ? explainAlternative(error, explaining) : [issueOf(error, explaining)],
  );
}

function isAlternative({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf';
}

function hasTooMany({ params }: ErrorObject): boolean {
  return Array.isArray(objectOf(params)['passingSchemas']);
}

/**
 * Without the errors that say for each alternative why it does not fit: ajv tells them right before the error of the whole.
 * One of the alternatives is then looked at anew.
 */
function withoutInner(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const outer: ErrorObject[] = [];
  for (let index = errors.length - 1; index >= 0; index -= 1) {
    const error = errors[index] as ErrorObject;
    outer.unshift(error);
    if (!isAlternative(error)) continue;
    while (index > 0 && isAtOrBelow(errors[index - 1]?.instancePath ?? '', error.instancePath)) index -= 1;
  }
  return outer;
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}

function explainAlternative(error: ErrorObject, explaining: Explaining): readonly Issue[] {
  const { at, depth, judge, schema } = explaining;
  const path = placeOf(error, at);
  const parts = listOf(error.schema).map(objectOf);
  const schemas = parts.map((part) => resolved(part, schema));
  const likely = likeliest(schemas, error.data).map((index) =>
    judgeBranch({ error, index, judge, part: parts[index] }),
  );
  const [best] = likely.toSorted((one, other) => one.distance - other.distance);
  if (best === undefined || depth >= deepest || best.distance >= otherKind) {
    return [{ path: path.join('.'), message: `is ${shownKind(error.data)} and must be ${kindsOf(schemas)}` }];
  }
  const issues = explain(best.errors, { ...explaining, at: path, depth: depth + 1 });
  if (schemas.length === 1) return issues;
  const title = titleOf(schemas[best.index]);
  const message = `fits none of its ${String(schemas.length)} forms; nearest is form ${String(best.index + 1)}${title}`;
  return [...issues, { path: path.join('.'), message }];
}

/** The alternatives that a look at their members favours: judging one by its schema costs far more. */
function likeliest(schemas: readonly Loose[], data: unknown): readonly number[] {
  const scored = schemas.map((schema, index) => ({ index, distance: roughDistance(schema, data) }));
  return scored
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, mostBranches)
    .map(({ index }) => index);
}

function roughDistance(schema: Loose, data: unknown): number {
  if (!isObject(data)) return isObject(schema['properties']) ? 1 : 0;
  const members = Object.entries(objectOf(schema['properties']));
  const other = members.filter(([name, one]) => Object.hasOwn(data, name) && excludes(objectOf(one), data[name]));
  const missing = listOf(schema['required']).filter((name) => !Object.hasOwn(data, String(name)));
  const unknown = Object.keys(data).filter((name) => !members.some(([one]) => one === name));
  return otherVariant * other.length + missing.length + unknown.length;
}

/** Whether a member names a variant, and the value another one. */
function excludes({ const: only, enum: values }: Loose, value: unknown): boolean {
  return (only !== undefined && only !== value) || (Array.isArray(values) && !values.includes(value));
}

const otherKind = 1_000;
const otherVariant = 50;

interface Branch {
  readonly errors: readonly ErrorObject[];
  readonly index: number;
  readonly distance: number;
}

interface Judging {
  readonly error: ErrorObject;
  readonly index: number;
  readonly judge: JudgePart;
  readonly part: Loose | undefined;
}

function judgeBranch({ error, index, judge, part = {} }: Judging): Branch {
  const validate = judge(part);
  if (validate === undefined || validate(error.data)) return { errors: [], index, distance: otherKind };
  const errors = [...(validate.errors ?? [])];
  return { errors, index, distance: errors.reduce((sum, one) => sum + weightOf(one), 0) };
}

/** Another type of the whole value is far away; another value of a member that names the variant, nearly so. */
function weightOf({ keyword, instancePath }: ErrorObject): number {
  const level = instancePath.split('/').length - 1;
  if (level === 0 && (keyword === 'type' || keyword === 'const' || keyword === 'enum')) return otherKind;
  return level === 1 && (keyword === 'const' || keyword === 'enum') ? otherVariant : 1;
}

function titleOf(schema: Loose | undefined): string {
  const { title } = schema ?? {};
  return typeof title === 'string' ? ` (${title.slice(0, 60)})` : '';
}

/** What the alternatives take, in a few words. */
function kindsOf(schemas: readonly Loose[]): string {
  const kinds = schemas.flatMap((schema) => {
    if (Array.isArray(schema['enum'])) return [`one of ${shown(schema['enum'])}`];
    if ('const' in schema) return [shown(schema['const'])];
    return [schema['type']].flat().filter((type) => typeof type === 'string');
  });
  return kinds.length === 0 ? 'something else' : [...new Set(kinds)].join(' or ').slice(0, longestList);
}

function resolved(schema: Loose, root: JsonSchema): Loose {
  const reference = schema['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#/$defs/')) return schema;
  const name = reference.slice('#/$defs/'.length).replaceAll('~1', '/').replaceAll('~0', '~');
  return objectOf(own(objectOf(root['$defs']), decodeURIComponent(name)));
}

type Tell = (error: ErrorObject, path: readonly string[]) => Issue;

function member(path: readonly string[], name: unknown, message: string): Issue {
  return { path: [...path, String(name)].join('.'), message };
}

const tells: Readonly<Record<string, Tell>> = {
  required: ({ params }, path) => member(path, objectOf(params)['missingProperty'], 'is required'),
  additionalProperties: (error, path) => unknownName(error, path, objectOf(error.params)['additionalProperty']),
  unevaluatedProperties: (error, path) => unknownName(error, path, objectOf(error.params)['unevaluatedProperty']),
  enum: ({ params, data }, path) => {
    const allowed = listOf(objectOf(params)['allowedValues']);
    const close =
      typeof data === 'string'
        ? nearest(
            data,
            allowed.filter((value) => typeof value === 'string'),
          )
        : undefined;
    const hint = close === undefined ? '' : `; did you mean ${shown(close)}?`;
    return { path: path.join('.'), message: `must be one of ${shown(allowed)}${hint}` };
  },
  const: ({ params }, path) => ({
    path: path.join('.'),
    message: `must be ${shown(objectOf(params)['allowedValue'])}`,
  }),
  type: ({ params, data }, path) => {
    const types = [objectOf(params)['type']].flat().join(' or ');
    return { path: path.join('.'), message: `must be ${types}, and is ${shownKind(data)}` };
  },
  oneOf: ({ params }, path) => {
    const fitting = listOf(objectOf(params)['passingSchemas']).map((index) => String(Number(index) + 1));
    return {
      path: path.join('.'),
      message: `fits more than one of its forms (${fitting.join(' and ')}); give what tells them apart`,
    };
  },
};

function issueOf(error: ErrorObject, { at }: Explaining): Issue {
  const path = placeOf(error, at);
  const tell = tells[error.keyword];
  return tell === undefined ? { path: path.join('.'), message: error.message ?? 'is not valid' } : tell(error, path);
}

function unknownName({ parentSchema }: ErrorObject, path: readonly string[], name: unknown): Issue {
  const names = Object.keys(objectOf(objectOf(parentSchema)['properties']));
  const close = nearest(String(name), names);
  const hint = close === undefined ? '' : `did you mean ${close}? `;
  const what = path.length === 2 ? 'is not an argument of this tool' : 'is not allowed here';
  return member(path, name, `${what}; ${hint}${known(names)}`);
}

function placeOf({ instancePath }: ErrorObject, at: readonly string[]): readonly string[] {
  const below = instancePath.split('/').slice(1);
  return [...at, ...below.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

const longestList = 500;
const longestValue = 60;

function known(names: readonly string[]): string {
  if (names.length === 0) return 'it takes none';
  const list = names.join(', ');
  return `it takes ${list.length > longestList ? `${list.slice(0, longestList)} …` : list}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > longestList ? `${text.slice(0, longestList)} …` : text;
}

/** What a value is, with the value where it is short. */
function shownKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return `the ${typeof value} ${text.length > longestValue ? `${text.slice(0, longestValue)} …` : text}`;
}
