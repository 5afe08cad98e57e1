import { checkFormats, generateValue } from '@devmesh/mockserver';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Schema = Readonly<Record<string, unknown>>;
type Values = Readonly<Record<string, unknown>>;

/** Sets of arguments that are called: what is required, all with the examples of the schema, all made up. */
export const variants = ['least', 'most', 'other'] as const;
export type Variant = (typeof variants)[number];

/** Generates arguments from the input schema of a tool alone, as a model that reads nothing else would. */
export function argumentsFor(inputSchema: string): (variant: Variant) => Values {
  // Every part is judged by itself, so references lead to the whole by its name.
  const schema = JSON.parse(inputSchema.replaceAll('"$ref":"#', '"$ref":"tool:schema#')) as Schema;
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    addUsedSchema: false,
    inlineRefs: false,
    logger: false,
    code: { regExp: Object.assign(tolerantPattern, { code: '' }) },
  });
  checkFormats(ajv);
  ajv.addSchema(schema, 'tool:schema');
  const valid = (part: Schema | boolean, value: unknown): boolean => {
    try {
      return typeof part === 'boolean' ? part : ajv.validate(part, value);
    } catch (error) {
      if (error instanceof RangeError) return true;
      throw error;
    }
  };
  const definitions = (schema['$defs'] ?? {}) as Schema;
  const follow = (reference: string): Schema | boolean => {
    const name = decodeURIComponent(reference.split('/').at(-1) ?? '')
      .replaceAll('~1', '/')
      .replaceAll('~0', '~');
    return (definitions[name] as Schema | boolean | undefined) ?? true;
  };
  return (variant) =>
    generateValue(schema, {
      follow,
      valid,
      fill: variant === 'least' ? 'least' : 'most',
      examples: variant === 'most',
      seed: variant === 'other' ? 1 : 0,
    }) as Values;
}

/** Patterns that are no regular expressions match everything, as everywhere in the product. */
function tolerantPattern(source: string): { test(text: string): boolean; toString(): string } {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(source, flags);
    } catch {
      // The other reading may succeed.
    }
  }
  return { test: () => true, toString: () => source };
}
