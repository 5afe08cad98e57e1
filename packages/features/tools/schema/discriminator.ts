import { isObject, listOf, objectOf, own, type Loose } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import type { SubSchema } from './json-schema.ts';

/**
 * The alternatives of a schema with a `discriminator`, each with the value that chooses it, where the alternative does not
 * say so itself: JSON Schema knows no discriminators, and a model would have to guess.
 */
export function discriminated(
  references: References,
  schema: Loose,
  alternatives: readonly SubSchema[],
): readonly SubSchema[] {
  const discriminator = own(schema, 'discriminator');
  const sources = listOf(schema['oneOf'] ?? schema['anyOf']);
  // Swagger 2.0 has the name of the property alone.
  const property = isObject(discriminator) ? discriminator['propertyName'] : undefined;
  if (typeof property !== 'string' || property === '__proto__') return alternatives;
  const mapping = Object.entries(objectOf(objectOf(discriminator)['mapping']));
  return alternatives.map((alternative, index) => {
    const reference = objectOf(sources[index])['$ref'];
    if (typeof reference !== 'string' || typeof alternative === 'boolean') return alternative;
    if (!isOpen(references, sources[index], property)) return alternative;
    const mapped = mapping.filter(([, target]) => leadsTo(target, reference)).map(([value]) => value);
    const values = mapped.length > 0 ? mapped : [lastWord(reference)];
    const chosen = values.length === 1 ? { const: values[0] } : { enum: values };
    return { ...alternative, properties: { [property]: chosen }, required: [property] };
  });
}

/** Values of a discriminator on a schema that others extend: its own alternatives are not listed anywhere. */
export function mappedValues(
  schema: Loose,
): { readonly property: string; readonly values: readonly string[] } | undefined {
  const discriminator = objectOf(own(schema, 'discriminator'));
  const property = discriminator['propertyName'];
  const values = Object.keys(objectOf(discriminator['mapping']));
  if (
    typeof property !== 'string' ||
    values.length === 0 ||
    schema['oneOf'] !== undefined ||
    schema['anyOf'] !== undefined
  )
    return undefined;
  return { property, values };
}

/** Whether the alternative leaves the property open: declared, of any text, and sent. */
function isOpen(references: References, alternative: unknown, property: string): boolean {
  const found = declarationOf(references, alternative, property, 0);
  if (found === undefined) return false;
  const types = found['type'];
  return (
    found['enum'] === undefined && found['const'] === undefined && found['readOnly'] !== true && types === 'string'
  );
}

const deepest = 6;

function declarationOf(references: References, schema: unknown, property: string, depth: number): Loose | undefined {
  const object = references.object(schema);
  if (object === undefined || depth > deepest) return undefined;
  const declared = references.object(own(objectOf(object['properties']), property));
  if (declared !== undefined) return declared;
  return listOf(object['allOf'])
    .map((part) => declarationOf(references, part, property, depth + 1))
    .find((found) => found !== undefined);
}

function leadsTo(target: unknown, reference: string): boolean {
  return typeof target === 'string' && (target === reference || lastWord(target) === lastWord(reference));
}

/** The name of a schema by the reference to it. */
function lastWord(reference: string): string {
  return (reference.split(/[/#]/u).at(-1) ?? '').replace(/\.(?:json|ya?ml)$/u, '');
}
