import { MeshError } from '@devmesh/foundation';
import type { Operation } from '@devmesh/api';
import type { ArgsDef } from 'citty';
import { z } from 'zod';

type Part = 'params' | 'query' | 'body';
type JsonSchema = Readonly<Record<string, unknown>>;

/** One field of an operation as a command-line option. */
interface Field {
  readonly part: Part;
  readonly name: string;
  readonly option: string;
  readonly required: boolean;
  /** JSON types are given as text and parsed. */
  readonly kind: 'text' | 'number' | 'boolean' | 'json';
  readonly description: string;
}

const parts: readonly Part[] = ['params', 'query', 'body'];

/** The fields that an operation takes, path first. */
export function fieldsOf(operation: Operation): readonly Field[] {
  return parts.flatMap((part) => {
    const schema = operation[part];
    if (schema === undefined) return [];
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as {
      properties?: Record<string, JsonSchema>;
      required?: readonly string[];
    };
    return Object.entries(properties).map(([name, property]) => ({
      part,
      name,
      option: name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`),
      required: part === 'params' || required.includes(name),
      kind: kindOf(property),
      description: describe(property),
    }));
  });
}

function kindOf({ type }: JsonSchema): Field['kind'] {
  if (type === 'string') return 'text';
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'boolean' ? 'boolean' : 'json';
}

function describe(property: JsonSchema): string {
  const description = typeof property['description'] === 'string' ? property['description'] : '';
  const choices = Array.isArray(property['enum']) ? `one of ${property['enum'].join(', ')}` : '';
  const fallback = property['default'] === undefined ? '' : `default ${JSON.stringify(property['default'])}`;
  const json = kindOf(property) === 'json' ? 'as JSON' : '';
  return [description, choices, json, fallback].filter((text) => text !== '').join('; ');
}

/** The options of an operation for the command line. */
export function optionsOf(fields: readonly Field[]): ArgsDef {
  return Object.fromEntries(
    fields.map((field) => [
      field.option,
      {
        type: field.kind === 'boolean' ? 'boolean' : 'string',
        required: field.required,
        description: field.description,
      },
    ]),
  );
}

/** Sorts the options given into the parts of the operation's input. */
export function toInput(
  fields: readonly Field[],
  given: Readonly<Record<string, unknown>>,
): Record<Part, Record<string, never>> {
  const input: Record<Part, Record<string, unknown>> = { params: {}, query: {}, body: {} };
  for (const field of fields) {
    const value = given[field.option];
    if (value !== undefined) input[field.part][field.name] = parse(field, value);
  }
  return input as Record<Part, Record<string, never>>;
}

function parse(field: Field, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (field.kind === 'text') return value;
  if (field.kind === 'number') return Number(value);
  try {
    return JSON.parse(value) as unknown;
  } catch (error) {
    throw new MeshError('invalid_request', `--${field.option} must be JSON, for example '["a"]'.`, { cause: error });
  }
}
