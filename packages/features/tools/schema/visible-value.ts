import { isObject, listOf, objectOf, own, type Loose } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import { isHidden } from './hidden-properties.ts';
import type { Side } from './sides.ts';

const deepest = 20;
const deepestParts = 6;

interface Showing {
  readonly references: References;
  readonly side: Side;
}

/** An example or default of a schema without the members that are not of this side: authors show what is answered. */
export function visibleValue(showing: Showing, schema: unknown, value: unknown): unknown {
  return shown(showing, { schemas: [schema], value, depth: 0 });
}

interface Place {
  /** Every schema that may judge the value. */
  readonly schemas: readonly unknown[];
  readonly value: unknown;
  readonly depth: number;
}

function shown(showing: Showing, { schemas, value, depth }: Place): unknown {
  if (typeof value !== 'object' || value === null || depth > deepest) return value;
  const parts = schemas.flatMap((schema) => partsOf(showing.references, schema, 0));
  if (parts.length === 0) return value;
  if (Array.isArray(value)) {
    const items = parts.map((part) => part['items']);
    return value.map((item: unknown) => shown(showing, { schemas: items, value: item, depth: depth + 1 }));
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const declared = parts.map((part) => own(objectOf(part['properties']), name)).filter(isObject);
    if (declared.length > 0 && declared.every((one) => isHidden(showing.references, one, showing.side))) return [];
    const others = declared.length > 0 ? declared : parts.map((part) => part['additionalProperties']);
    return [[name, shown(showing, { schemas: others, value: member, depth: depth + 1 })] as const];
  });
  return Object.fromEntries(members.filter(([name]) => name !== '__proto__'));
}

function partsOf(references: References, schema: unknown, depth: number): readonly Loose[] {
  const object = references.object(schema);
  if (object === undefined || depth > deepestParts) return [];
  const below = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => listOf(object[keyword]));
  return [object, ...below.flatMap((part) => partsOf(references, part, depth + 1))];
}
