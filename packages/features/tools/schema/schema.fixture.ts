import * as fc from 'fast-check';

const names = ['A', 'B', 'C', 'D'] as const;
const name = fc.constantFrom('a', 'b', 'id', 'type', '__proto__', 'x y', '$ref');
const broken = fc.jsonValue({ maxDepth: 1 });

type Parts = Record<string, fc.Arbitrary<unknown>>;

/** Keywords that hold no schema. */
const plain: Parts = {
  $ref: fc.oneof(
    fc.constantFrom(...names).map((to) => `#/components/schemas/${to}`),
    fc.constantFrom('#/nowhere', 'other.yaml', '#anchor', '#'),
  ),
  type: fc.oneof(
    fc.constantFrom('string', 'integer', 'object', 'array', 'boolean', 'file', 'any', 'String', 'null'),
    fc.array(fc.constantFrom('string', 'null', 'object', 'string'), { maxLength: 3 }),
    broken,
  ),
  format: fc.constantFrom('binary', 'date-time', 'int64', 'byte'),
  nullable: fc.boolean(),
  readOnly: fc.boolean(),
  writeOnly: fc.boolean(),
  required: fc.oneof(fc.array(fc.oneof(name, fc.constant(1)), { maxLength: 4 }), fc.boolean()),
  enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 }),
  const: fc.jsonValue({ maxDepth: 1 }),
  default: fc.jsonValue({ maxDepth: 1 }),
  example: fc.jsonValue({ maxDepth: 1 }),
  minimum: fc.oneof(fc.integer(), broken),
  exclusiveMinimum: fc.oneof(fc.boolean(), fc.integer()),
  maxLength: fc.oneof(fc.nat(9), fc.constant(-1), broken),
  multipleOf: fc.constantFrom(0, 1, -1, 0.5),
  minContains: fc.nat(3),
  pattern: fc.constantFrom('^a+$', '[a-', '(?i)x', '\\p{L}', '\\-'),
  discriminator: fc.oneof(
    fc.record({
      propertyName: name,
      mapping: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('A', '#/components/schemas/B'), { maxKeys: 2 }),
    }),
    fc.constant('type'),
  ),
  xml: broken,
  id: fc.constant('x'),
  $schema: fc.constant('http://json-schema.org/draft-04/schema#'),
  definitions: broken,
  'x-extension': broken,
  uniqueItems: fc.boolean(),
  deprecated: fc.boolean(),
  description: fc.string(),
};

function nested(schema: fc.Arbitrary<unknown>): Parts {
  const properties = fc.dictionary(name, schema, { maxKeys: 3 });
  const list = fc.array(schema, { maxLength: 3 });
  return Object.fromEntries<fc.Arbitrary<unknown>>([
    ['properties', fc.oneof(properties, broken)],
    ['patternProperties', fc.dictionary(fc.constantFrom('^a', '[a-', 'x+'), schema, { maxKeys: 2 })],
    ['additionalProperties', fc.oneof(fc.boolean(), schema)],
    ['items', fc.oneof(schema, list)],
    ...['allOf', 'oneOf', 'anyOf'].map((keyword) => [keyword, list] as const),
    ...['not', 'if', 'then', 'else', 'contains'].map((keyword) => [keyword, schema] as const),
  ]);
}

const mostKeywords = 5;

/** Schemas as documents of any version write them, rightly and wrongly, with references among the components of `names`. */
export const openApiSchema = fc.letrec<{ schema: unknown }>((tie) => {
  const keywords = Object.entries({ ...plain, ...nested(tie('schema')) });
  const entry = fc.oneof(...keywords.map(([keyword, value]) => fc.tuple(fc.constant(keyword), value)));
  return {
    schema: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<unknown>({ type: 'string' }, {}, true, false, null, 'x'),
      fc.array(entry, { maxLength: mostKeywords }).map((entries) => Object.fromEntries(entries)),
    ),
  };
}).schema;

/** Components that refer to each other in every way. */
export const components = fc.record(
  Object.fromEntries(names.map((component) => [component, openApiSchema])) as Record<
    (typeof names)[number],
    typeof openApiSchema
  >,
);
