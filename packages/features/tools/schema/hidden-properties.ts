import { isObject, listOf, objectOf, own } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import type { Side } from './sides.ts';

const deepest = 6;

/** Whether a property is not of this side: only the service sets what is sent, or only the caller what is answered. */
export function isHidden(references: References, schema: unknown, side: Side): boolean {
  const keyword = side === 'output' ? 'writeOnly' : 'readOnly';
  return isObject(schema) && (schema[keyword] === true || references.object(schema)?.[keyword] === true);
}

/** The names of properties that are not of this side, those of all parts of an `allOf` together. */
export function hiddenNames(references: References, schema: unknown, side: Side, depth = 0): ReadonlySet<string> {
  const object = references.object(schema);
  if (object === undefined || depth > deepest) return new Set();
  const properties = Object.entries(objectOf(own(object, 'properties')));
  const names = properties.filter(([, value]) => isHidden(references, value, side)).map(([name]) => name);
  const parts = listOf(own(object, 'allOf')).flatMap((part) => [...hiddenNames(references, part, side, depth + 1)]);
  return new Set([...names, ...parts]);
}
