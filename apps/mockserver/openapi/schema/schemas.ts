import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ParsedDocument } from '../document/parse-document.ts';
import { createPointers } from '../document/pointers.ts';
import { boundedPattern } from './bounded-pattern.ts';
import { checkFormats } from './formats.ts';
import { convert } from './convert.ts';
import type { Direction, JsonSchema } from './json-schema.ts';

/** One thing that is wrong with a value. */
export interface Fault {
  /** Keys down to the wrong part. */
  readonly at: readonly string[];
  readonly message: string;
}

/** The schemas of one document, read and compiled as they are needed. */
export interface Schemas {
  /** As JSON Schema, whose references `follow` understands. */
  read(schema: unknown, direction: Direction): JsonSchema;
  readonly follow: (reference: string) => JsonSchema;
  /** What is wrong with a value; nothing is right. */
  faults(schema: JsonSchema, value: unknown): readonly Fault[];
}

const mostFaults = 50;

/** Builds the schemas of a document. */
export function createSchemas({ root, dialect }: ParsedDocument): Schemas {
  const pointers = createPointers(root);
  const ajv = createAjv();
  const known = new Map<string, JsonSchema>();
  const compiled = new WeakMap<object, ValidateFunction>();
  const readCache = new WeakMap<object, Map<Direction, JsonSchema>>();
  const ids = new Map<string, string>();
  const read = (schema: unknown, direction: Direction): JsonSchema => {
    const waiting: (readonly [string, string])[] = [];
    const idOf = (pointer: string): string => {
      const key = `${direction} ${pointer}`;
      const id = ids.get(key) ?? `mock:${String(ids.size)}`;
      if (!ids.has(key)) waiting.push([id, pointer]);
      ids.set(key, id);
      return id;
    };
    const conversion = { dialect, pointers, direction, idOf };
    const result = convert(conversion, schema);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [id, pointer] = next;
      const target = convert(conversion, pointers.target(pointer)?.value);
      known.set(id, target);
      ajv.addSchema(typeof target === 'boolean' ? { allOf: [target] } : { ...target }, id);
    }
    return result;
  };
  return {
    read: (schema, direction) => {
      if (typeof schema !== 'object' || schema === null) return read(schema, direction);
      const kept = readCache.get(schema) ?? new Map<Direction, JsonSchema>();
      readCache.set(schema, kept);
      const result = kept.get(direction) ?? read(schema, direction);
      kept.set(direction, result);
      return result;
    },
    follow: (reference) => known.get(reference) ?? true,
    faults: (schema, value) => {
      if (schema === true) return [];
      const holder = schema === false ? never : schema;
      const validate = compiled.get(holder) ?? ajv.compile(holder);
      compiled.set(holder, validate);
      return judged(validate, value);
    },
  };
}

const never = { not: {} };

function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    ownProperties: true,
    logger: false,
    inlineRefs: false,
    addUsedSchema: false,
    code: { regExp: Object.assign(boundedPattern, { code: '' }) },
  });
  checkFormats(ajv);
  return ajv;
}

function judged(validate: ValidateFunction, value: unknown): readonly Fault[] {
  try {
    if (validate(value)) return [];
  } catch (error) {
    // A schema that is nothing but a circle judges nothing.
    if (error instanceof RangeError) return [];
    throw error;
  }
  return (validate.errors ?? []).slice(0, mostFaults).map(faultOf);
}

function faultOf({ instancePath, keyword, params, message }: ErrorObject): Fault {
  const at = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const details = params as Readonly<Record<string, unknown>>;
  if (keyword === 'required') return { at: [...at, String(details['missingProperty'])], message: 'is required' };
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const name = details['additionalProperty'] ?? details['unevaluatedProperty'];
    return { at: [...at, String(name)], message: 'is not declared' };
  }
  if (keyword === 'false schema') return { at, message: 'must not be sent: only the server sets it' };
  const values = keyword === 'enum' ? `: ${JSON.stringify(details['allowedValues']).slice(0, 300)}` : '';
  return { at, message: `${message ?? 'is not valid'}${values}` };
}
