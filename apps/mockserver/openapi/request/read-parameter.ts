import type { Parameter } from '../document/operation.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { Schemas } from '../schema/schemas.ts';
import { namesOf, typesOf } from '../schema/view.ts';
import { isJsonType } from './media-type.ts';
import { readPairs } from './pair-styles.ts';
import { readSimple } from './path-styles.ts';
import { decoded, type RawPair } from './raw-values.ts';
import { typed, type TextTree } from './text-tree.ts';
import type { Violation } from './violation.ts';

/** What reading one parameter came to. */
export interface ReadParameter {
  readonly present: boolean;
  /** Names of pairs that belong to it. */
  readonly names: ReadonlySet<string>;
  readonly violations: readonly Violation[];
}

interface Reading {
  readonly tree: TextTree;
  readonly names: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/** Holds the raw text of a path or header parameter against its schema. */
export function checkText(schemas: Schemas, parameter: Parameter, raw: string): readonly Violation[] {
  const place = `${parameter.in}.${parameter.name}`;
  if (parameter.mediaType !== undefined) return checkContent(schemas, parameter, decodedIn(parameter, raw));
  const literal = parameter.in === 'header' ? encodeURIComponent(raw).replaceAll(/%(?:2C|3D|20|7C)/gu, decoded) : raw;
  const trees = readSimple(parameter.name, parameter.writing, literal);
  if (trees.length === 0) return [{ path: place, message: `is not written in the style ${parameter.writing.style}` }];
  return best(
    schemas,
    parameter,
    trees.map((tree) => ({ tree, names: none })),
  ).violations;
}

function decodedIn({ in: place }: Parameter, raw: string): string {
  return place === 'header' ? raw : decoded(raw);
}

/** Holds what pairs say of a query or cookie parameter against its schema; `others` are names of other parameters. */
export function checkPairs(
  schemas: Schemas,
  parameter: Parameter,
  { pairs, others }: { readonly pairs: readonly RawPair[]; readonly others: ReadonlySet<string> },
): ReadParameter {
  const { name, mediaType } = parameter;
  const own = pairs.filter(([given]) => given === name);
  if (mediaType !== undefined) {
    const [only, ...more] = own;
    if (only === undefined) return { present: false, names: none, violations: [] };
    const place = `${parameter.in}.${name}`;
    const violations =
      more.length > 0
        ? [{ path: place, message: 'is given twice' }]
        : checkContent(schemas, parameter, decoded(only[1]));
    return { present: true, names: new Set([name]), violations };
  }
  if (parameter.allowEmpty && own.length === 1 && own[0]?.[1] === '') {
    return { present: true, names: new Set([name]), violations: [] };
  }
  const readings = readPairs({ name, writing: parameter.writing, ...membersOf(schemas, parameter, others) }, pairs);
  if (readings.length > 0) return best(schemas, parameter, readings);
  if (own.length === 0) return { present: false, names: none, violations: [] };
  const message = `is not written in the style ${parameter.writing.style}`;
  return { present: true, names: new Set([name]), violations: [{ path: `${parameter.in}.${name}`, message }] };
}

function membersOf(schemas: Schemas, parameter: Parameter, others: ReadonlySet<string>) {
  const schema = schemas.read(parameter.schema, 'request');
  const { names, open } = namesOf(schema, schemas.follow);
  const members = (name: string): boolean => names.has(name) || (open && !others.has(name));
  return { members, object: typesOf(schema, schemas.follow).has('object') && !isAnything(schema) };
}

function isAnything(schema: JsonSchema): boolean {
  return typeof schema === 'boolean' || Object.keys(schema).length === 0;
}

/** The reading that fits, or the faults of the one that comes nearest. */
function best(schemas: Schemas, parameter: Parameter, readings: readonly Reading[]): ReadParameter {
  const schema = schemas.read(parameter.schema, 'request');
  const possible = readings.filter(({ tree }) => mayBe(schemas, schema, tree));
  const judged = (possible.length > 0 ? possible : readings).map(({ tree, names }) => {
    const faults = schemas.faults(schema, typed(schemas, schema, tree));
    const violations = faults.map(({ at, message }) => ({
      path: [parameter.in, parameter.name, ...at].join('.'),
      message,
    }));
    return { present: true, names, violations };
  });
  const [first] = judged.toSorted((one, other) => one.violations.length - other.violations.length);
  return first ?? { present: false, names: none, violations: [] };
}

function mayBe(schemas: Schemas, schema: JsonSchema, tree: TextTree): boolean {
  const types = typesOf(schema, schemas.follow);
  if (typeof tree === 'string') return types.size > (types.has('array') ? 1 : 0) + (types.has('object') ? 1 : 0);
  return types.has(Array.isArray(tree) ? 'array' : 'object');
}

/** A parameter whose value is a document. */
export function checkContent(schemas: Schemas, parameter: Parameter, text: string): readonly Violation[] {
  const place = [parameter.in, parameter.name].filter((part) => part !== '').join('.');
  const schema = schemas.read(parameter.schema, 'request');
  let value: unknown = text;
  if (isJsonType(parameter.mediaType ?? '')) {
    try {
      value = JSON.parse(text) as unknown;
    } catch {
      return [{ path: place, message: 'is not JSON' }];
    }
  } else value = typed(schemas, schema, text);
  return schemas.faults(schema, value).map(({ at, message }) => ({ path: [place, ...at].join('.'), message }));
}
