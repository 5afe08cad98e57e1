type Schema = Readonly<Record<string, unknown>>;

const deepest = 4;

/** Arguments to begin with: every required property of an object schema, with a value of the right kind. */
export function exampleArguments(schema: Schema): Record<string, unknown> {
  const value = exampleOf(schema, 0);
  return isSchema(value) ? { ...value } : {};
}

function exampleOf(schema: unknown, depth: number): unknown {
  if (!isSchema(schema)) return null;
  for (const given of [schema['const'], schema['default'], schema['example']]) if (given !== undefined) return given;
  const offered = [schema['examples'], schema['enum']].find((list) => Array.isArray(list) && list.length > 0);
  if (Array.isArray(offered)) return offered[0] as unknown;
  return byType(schema, depth);
}

function byType(schema: Schema, depth: number): unknown {
  const { type } = schema;
  switch (Array.isArray(type) ? (type[0] as unknown) : type) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return schema['minimum'] ?? 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object':
      return requiredOf(schema, depth);
    default:
      return isSchema(schema['properties']) ? requiredOf(schema, depth) : null;
  }
}

function requiredOf(schema: Schema, depth: number): Record<string, unknown> {
  const { required, properties } = schema;
  if (!Array.isArray(required) || !isSchema(properties) || depth >= deepest) return {};
  const names = required.filter((name): name is string => typeof name === 'string');
  return Object.fromEntries(names.map((name) => [name, exampleOf(properties[name], depth + 1)]));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
