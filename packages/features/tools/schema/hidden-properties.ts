import { isObject, listOf, objectOf, own, type Loose } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import type { Side } from './sides.ts';

const deepest = 6;

/** Whether a property is not of this side: only the service sets what is sent, or only the caller what is answered. */
export function isHidden(references: References, schema: unknown, side: Side): boolean {
  const keyword = side === 'output' ? 'writeOnly' : 'readOnly';
  if (!isObject(schema)) return false;
  // Before OpenAPI 3.1 what stands beside a reference does not count.
  const counts = references.besideCounts || typeof schema['$ref'] !== 'string';
  return (counts && schema[keyword] === true) || references.object(schema)?.[keyword] === true;
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

/** Names that a closed object requires and cannot hold, since it does not declare them. */
export function impossibleNames(schema: Loose): ReadonlySet<string> {
  const whole = ['patternProperties', 'allOf', 'anyOf', 'oneOf'].every((keyword) => own(schema, keyword) === undefined);
  if (own(schema, 'additionalProperties') !== false || !whole) return new Set();
  const declared = objectOf(own(schema, 'properties'));
  return new Set(
    listOf(own(schema, 'required'))
      .map(String)
      .filter((name) => !Object.hasOwn(declared, name)),
  );
}
