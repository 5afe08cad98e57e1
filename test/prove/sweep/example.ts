import type { Schema } from './document.ts';
import type { Step } from './places.ts';

/** Values for what a schema does not tell: by `operation field`, or by the field alone. A function is asked each time. */
export type Hints = Readonly<Record<string, unknown>>;

export interface Example {
  readonly operation: string;
  readonly hints: Hints;
  /** Fields of the body that the schema does not ask for, and the operation does. */
  readonly always: Readonly<Record<string, unknown>>;
  /** An id to put where a field wants one. */
  readonly idFor: (field: string) => string;
}

/** The one value that is asked for, and where it stands. */
interface Wanted {
  readonly steps: readonly Step[];
  readonly value: unknown;
}

const texts = ['abc', 'abcdefghijklmnopqrst', 'a1', '0'.repeat(64), 'https://example.org', '1.2.3', 'A'.repeat(43)];

/** A value that the schema takes: what is required and no more, with the wanted value in its place. */
export function exampleOf(schema: Schema, example: Example, field: string, wanted?: Wanted): unknown {
  if (wanted === undefined) return hintedOf(schema, example, field);
  const [step, ...steps] = wanted.steps;
  if (step === undefined) return wanted.value;
  const inner = { ...wanted, steps };
  const variants = variantsOf(schema);
  if ('variant' in step) return exampleOf(variants[step.variant] ?? {}, example, field, inner);
  const [first] = variants;
  return first === undefined
    ? ofType(schema, example, field, { step, inner })
    : exampleOf(first, example, field, wanted);
}

function hintedOf(schema: Schema, example: Example, field: string): unknown {
  const hint = example.hints[`${example.operation} ${field}`] ?? example.hints[field];
  if (hint !== undefined) return typeof hint === 'function' ? (hint as () => unknown)() : hint;
  const [first] = variantsOf(schema);
  return first === undefined
    ? ofType(schema, example, field, { step: undefined, inner: undefined })
    : exampleOf(first, example, field);
}

function variantsOf({ anyOf = [], oneOf = [] }: Schema): readonly Schema[] {
  return [...anyOf, ...oneOf];
}

interface Towards {
  readonly step: Step | undefined;
  readonly inner: Wanted | undefined;
}

function ofType(schema: Schema, example: Example, field: string, towards: Towards): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const { type = 'anything' } = schema;
  switch (type) {
    case 'object':
      return objectOf(schema, example, towards);
    case 'array':
      return arrayOf(schema, example, field, towards);
    case 'string':
      return textOf(schema, example, field);
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return true;
    default:
      return {};
  }
}

function objectOf(schema: Schema, example: Example, { step, inner }: Towards): unknown {
  const towards = step !== undefined && 'property' in step ? step.property : undefined;
  const names = [...new Set([...(schema.required ?? []), ...(towards === undefined ? [] : [towards])])];
  const entries = names.map((name) => {
    const property = schema.properties?.[name] ?? {};
    return [name, exampleOf(property, example, name, name === towards ? inner : undefined)] as const;
  });
  return Object.fromEntries(entries);
}

function arrayOf(schema: Schema, example: Example, field: string, { step, inner }: Towards): unknown {
  const items = schema.items ?? {};
  if (step !== undefined && 'item' in step) return [exampleOf(items, example, field, inner)];
  return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(items, example, field));
}

function textOf(schema: Schema, { idFor }: Example, field: string): string {
  switch (schema.format ?? 'text') {
    case 'uuid':
      return idFor(field);
    case 'date-time':
      return '2026-01-01T00:00:00.000Z';
    case 'email':
      return 'somebody@example.org';
    case 'uri':
      return 'https://example.org';
    default:
      return fitting(schema);
  }
}

function fitting({ pattern, minLength = 1 }: Schema): string {
  const fits = pattern === undefined ? () => true : (text: string) => new RegExp(pattern, 'u').test(text);
  const long = texts.find((text) => text.length >= minLength && fits(text));
  return long ?? 'a'.repeat(minLength);
}
