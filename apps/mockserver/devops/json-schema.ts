import { z } from 'zod';

/** A JSON Schema (2020-12) as part of an OpenAPI 3.1 document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema of each named component, referring to one another by `#/components/schemas/`. */
export function componentSchemas(components: Readonly<Record<string, z.ZodType>>): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(components)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]));
}

/** The JSON Schema of every property of an object, complete in itself. */
export function propertySchemas(object: z.ZodObject): Record<string, JsonSchema> {
  const entries = Object.entries(object.shape).map(([name, schema]) => {
    return [name, withoutIdentity(z.toJSONSchema(schema, { io: 'input' }))] as const;
  });
  return Object.fromEntries(entries);
}

function withoutIdentity(schema: object): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'));
}
