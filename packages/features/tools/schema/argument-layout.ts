import { shorten, visible } from '../naming/clean-text.ts';
import { createRemarks, type Remarks } from '../reading/remarks.ts';
import type { Definitions } from './definitions.ts';
import type { JsonSchema, SubSchema } from './json-schema.ts';
import { plainKeywords } from './keywords.ts';
import { withOpenedAlternatives } from './opened-alternatives.ts';

/** The arguments of a tool while they are laid out. */
export interface ArgumentLayout {
  readonly properties: Map<string, SubSchema>;
  readonly required: Set<string>;
  readonly remarks: Remarks;
  /** Converts a schema of the document. */
  take(schema: unknown): SubSchema;
  /** A name that no argument has yet; the place where it goes tells two apart. */
  freeName(name: string, place: string): string;
  /** All arguments as one schema. */
  finish(): JsonSchema;
}

/** An empty layout. */
export function createLayout(definitions: Definitions): ArgumentLayout {
  const properties = new Map<string, SubSchema>();
  const required = new Set<string>();
  const refers = new Set<string>();
  const remarks = createRemarks();
  return {
    properties,
    required,
    remarks,
    take: (schema) => {
      const converted = definitions.convert(schema);
      for (const name of converted.refers.keys()) refers.add(name);
      remarks.addAll(converted.remarks);
      return converted.schema;
    },
    freeName: (name, place) => freeName(properties, name, place),
    finish: () => {
      const collected = definitions.collect(refers);
      remarks.addAll(collected.remarks);
      return {
        type: 'object',
        properties: withOpenedAlternatives(Object.fromEntries(properties), collected.opened),
        ...(required.size > 0 ? { required: [...required] } : {}),
        additionalProperties: false,
        ...(Object.keys(collected.definitions).length > 0 ? { $defs: collected.definitions } : {}),
      };
    },
  };
}

const longestName = 64;

/** The name as model providers accept it for a property. */
export function argumentName(name: string): string {
  const clean = name.replaceAll(/[^a-zA-Z0-9_.-]+/gu, '_').slice(0, longestName);
  return clean === '' || clean === '__proto__' ? 'argument' : clean;
}

function freeName(taken: ReadonlyMap<string, unknown>, name: string, place: string): string {
  const plain = argumentName(name);
  if (!taken.has(plain)) return plain;
  const placed = argumentName(`${place}_${plain}`);
  let free = placed;
  for (let number = 2; taken.has(free); number += 1) {
    free = `${placed.slice(0, longestName - 4)}_${String(number)}`;
  }
  return free;
}

const longestDescription = 1_000;

interface Telling {
  readonly description?: string | undefined;
  readonly examples?: readonly unknown[];
}

/** The schema with what the document says of the argument beside it. */
export function described(schema: SubSchema, { description, examples = [] }: Telling): SubSchema {
  if (typeof schema === 'boolean') return schema;
  const shown = schema['examples'] === undefined ? plainKeywords['examples']?.(examples) : undefined;
  return {
    ...schema,
    ...(description === undefined ? {} : { description: shorten(visible(description), longestDescription) }),
    ...(shown === undefined ? {} : { examples: shown }),
  };
}
