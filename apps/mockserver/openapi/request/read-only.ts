import { isRecord, stringsOf } from '../document/loose.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { Fault, Schemas } from '../schema/schemas.ts';
import { declarationsOf, inPlace, itemOf, propertyOf } from '../schema/view.ts';

const deepest = 30;

/** Whether the document asks for what it also leaves to the server. */
function isContradicted({ follow }: Schemas, schema: JsonSchema, name: string): boolean {
  return inPlace(schema, follow).some((part) => stringsOf(part['x-contradicted']).includes(name));
}

/** The members of a value that only the server sets, in every schema that declares them. */
export function readOnlyMembers(
  schemas: Schemas,
  schema: JsonSchema,
  value: unknown,
  at: readonly string[] = [],
): readonly Fault[] {
  if (at.length > deepest || schema === true) return [];
  if (Array.isArray(value)) {
    const item = itemOf(schema, schemas.follow);
    return value.flatMap((part, index) => readOnlyMembers(schemas, item, part, [...at, String(index)]));
  }
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, part]) => {
    const declared = declarationsOf(schema, name, schemas.follow);
    const place = [...at, name];
    if (
      !isContradicted(schemas, schema, name) &&
      declared.length > 0 &&
      declared.every((own) => isRecord(own) && own['readOnly'] === true)
    ) {
      return [{ at: place, message: 'must not be sent: only the server sets it' }];
    }
    return readOnlyMembers(schemas, propertyOf(schema, name, schemas.follow), part, place);
  });
}
