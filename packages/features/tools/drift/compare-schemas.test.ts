import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../schema/json-schema.ts';
import { compareSchemas } from './compare-schemas.ts';

const names = ['a', 'b', 'c'] as const;
const scalar = fc.constantFrom<unknown>(null, true, false, 0, 1, 2, 3, -1, 1.5, '', 'a', 'b', 'ab', 'abc');
const anything = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 3 }) },
  ),
})).any;

const bound = fc.integer({ min: 0, max: 3 });
const numeric = fc.record(
  {
    type: fc.constantFrom('number', 'integer'),
    minimum: bound,
    exclusiveMinimum: bound,
    maximum: bound,
    exclusiveMaximum: bound,
    multipleOf: fc.constantFrom(1, 2, 4),
  },
  { requiredKeys: ['type'] },
);
const text = fc.record(
  { type: fc.constant('string'), minLength: bound, maxLength: bound, pattern: fc.constantFrom('^a', 'b$') },
  { requiredKeys: ['type'] },
);
const listed = fc.oneof(
  fc.record({ enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }) }),
  fc.record(
    { const: scalar, enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }) },
    { requiredKeys: ['const'] },
  ),
);
const types = fc.record({
  type: fc.uniqueArray(fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'object', 'array'), {
    minLength: 1,
    maxLength: 3,
  }),
});

/** Schemas of every kind, which may refer to each other under `$defs`. */
const schema = fc.letrec<{ node: unknown }>((tie) => {
  const list = fc.array(tie('node'), { minLength: 1, maxLength: 2 });
  const properties = fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 3 });
  return {
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 3, arbitrary: fc.oneof(numeric, text, listed, types, fc.boolean()) },
      { weight: 1, arbitrary: fc.constantFrom({ $ref: '#/$defs/one' }, { $ref: '#/$defs/two' }) },
      {
        weight: 3,
        arbitrary: fc.record(
          {
            type: fc.constant('object'),
            properties,
            required: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }),
            additionalProperties: fc.oneof(fc.boolean(), tie('node')),
            patternProperties: fc.dictionary(fc.constantFrom('^a', 'c$'), tie('node'), { maxKeys: 1 }),
            propertyNames: fc.constantFrom({ maxLength: 2 }, { pattern: '^[ab]' }),
            minProperties: bound,
            maxProperties: bound,
            dependentRequired: fc.constantFrom({ a: ['b'] }, { b: ['a', 'c'] }),
          },
          { requiredKeys: ['type', 'properties'] },
        ),
      },
      {
        weight: 1,
        arbitrary: fc.record(
          {
            type: fc.constant('array'),
            items: tie('node'),
            prefixItems: list,
            minItems: bound,
            maxItems: bound,
            uniqueItems: fc.boolean(),
          },
          { requiredKeys: ['type'] },
        ),
      },
      {
        weight: 1,
        arbitrary: fc.oneof(
          fc.record({ anyOf: list }),
          fc.record({ oneOf: list }),
          fc.record(
            { allOf: fc.array(tie('node'), { maxLength: 2 }), minProperties: bound },
            { requiredKeys: ['allOf'] },
          ),
          fc.record({ not: tie('node') }),
          fc.record({ if: tie('node'), else: tie('node') }),
        ),
      },
    ),
  };
}).node;

const document = fc
  .record({ root: schema, one: schema, two: schema })
  .map(({ root, one, two }): JsonSchema => ({ allOf: [root], $defs: { one, two } }));

/** Another document that differs from the first in one place, so that many pairs are nearly alike. */
const pair = fc
  .tuple(document, document, fc.nat(), schema, fc.constantFrom('other', 'replace', 'drop', 'raise'))
  .map(([before, other, place, node, how]): readonly [JsonSchema, JsonSchema] => {
    if (how === 'other') return [before, other];
    const after = structuredClone(before) as Record<string, unknown>;
    change(after, { place, node, how });
    return [before, after];
  });

interface Change {
  readonly place: number;
  readonly node: unknown;
  readonly how: string;
}

function change(after: Record<string, unknown>, { place, node, how }: Change): void {
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const walk = (found: unknown): void => {
    if (typeof found !== 'object' || found === null) return;
    for (const key of Object.keys(found)) {
      places.push([found as Record<string, unknown>, key]);
      walk((found as Record<string, unknown>)[key]);
    }
  };
  walk(after);
  const [holder, key] = places[place % places.length] ?? [after, '$defs'];
  const old = holder[key];
  if (how === 'drop' && !Array.isArray(holder)) delete holder[key];
  else if (typeof old === 'number') holder[key] = how === 'raise' ? old + 1 : Math.max(0, old - 1);
  else if (typeof old === 'object' && !Array.isArray(old) && old !== null && !('one' in old)) holder[key] = node;
  else if (Array.isArray(old) && how === 'raise') shorten(key, old);
}

/** An enum without values is one that the judge does not compile. */
function shorten(key: string, list: unknown[]): void {
  if (key !== 'enum' || list.length > 1) list.pop();
}

/** Undefined of what is no schema, and of a value where the schema refers to itself without end, which means nothing. */
function judgeOf(of: JsonSchema): (value: unknown) => boolean | undefined {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
  if (ajv.validateSchema(of) !== true) return () => undefined;
  const judge = endless(() => ajv.compile(of));
  return (each) => (judge === undefined ? undefined : endless(() => judge(each)));
}

function endless<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

describe('a comparison of schemas', () => {
  it('finds nothing between a schema and itself, however it is written [tools.drift]', () => {
    fc.assert(
      fc.property(document, (one) => {
        expect(compareSchemas(one, structuredClone(one))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('never calls a change harmless that makes a value invalid [tools.drift]', () => {
    let harmless = 0;
    fc.assert(
      fc.property(pair, fc.array(anything, { minLength: 15, maxLength: 15 }), ([before, after], values) => {
        if (compareSchemas(before, after).length > 0) return;
        const isValid = judgeOf(before);
        const staysValid = judgeOf(after);
        const differs = JSON.stringify(before) !== JSON.stringify(after);
        for (const each of values) {
          if (isValid(each) !== true) continue;
          harmless += differs ? 1 : 0;
          expect(staysValid(each), JSON.stringify({ before, after, each })).not.toBe(false);
        }
      }),
      { numRuns: 150 },
    );
    // Otherwise it would prove nothing.
    expect(harmless).toBeGreaterThan(3);
  }, 120_000);

  const object = (properties: object, rest: object = {}): JsonSchema => ({
    type: 'object',
    properties,
    additionalProperties: false,
    ...rest,
  });
  const tree = (value: object): JsonSchema => ({
    ...object({ tree: { $ref: '#/$defs/tree' } }),
    $defs: { tree: object({ value, child: { $ref: '#/$defs/tree' } }) },
  });

  it.each([
    ['an added optional property', object({ a: {} }), object({ a: {}, b: { type: 'string' } })],
    ['a property that is required no more', object({ a: {} }, { required: ['a'] }), object({ a: {} })],
    ['a wider enumeration', { enum: ['a'] }, { enum: ['b', 'a'] }],
    ['a wider type', { type: 'integer' }, { type: ['number', 'null'] }],
    ['a value that may be anything of its type', { const: 'a' }, { type: 'string' }],
    ['looser bounds', { type: 'integer', minimum: 2, maxLength: 4 }, { type: 'integer', exclusiveMinimum: 1 }],
    ['a pattern that is gone', { type: 'string', pattern: '^a' }, { type: 'string' }],
    ['one alternative more', { anyOf: [{ type: 'string' }] }, { anyOf: [{ type: 'null' }, { type: 'string' }] }],
    ['a definition that is written in place', tree({ type: 'string' }), { ...tree({ type: 'string' }), title: 'Tree' }],
    ['a looser definition that refers to itself', tree({ type: 'string' }), tree({ type: ['string', 'null'] })],
    [
      'a definition under another name',
      { $ref: '#/$defs/a', $defs: { a: { type: 'string' } } },
      { $ref: '#/$defs/b', $defs: { b: { type: 'string' } } },
    ],
    [
      'items that are wider',
      { type: 'array', items: { type: 'integer' } },
      { type: 'array', items: { type: 'number' } },
    ],
  ] as const)('takes %s as harmless', (_change, before, after) => {
    expect(compareSchemas(before, after)).toEqual([]);
  });

  it.each([
    ['a property that is gone', object({ a: {}, b: {} }), object({ a: {} }), 'b'],
    ['a property that is required', object({ a: {} }), object({ a: {} }, { required: ['a'] }), 'a'],
    ['a narrower enumeration', object({ a: { enum: [1, 2] } }), object({ a: { enum: [1] } }), 'a'],
    ['a narrower type', object({ a: { type: 'number' } }), object({ a: { type: 'integer' } }), 'a'],
    ['a tighter bound', object({ a: { type: 'string' } }), object({ a: { type: 'string', maxLength: 9 } }), 'a'],
    ['another pattern', { type: 'string', pattern: 'a' }, { type: 'string', pattern: 'b' }, ''],
    ['another format', { type: 'string' }, { type: 'string', format: 'uuid' }, ''],
    ['a tighter definition that refers to itself', tree({ type: 'string' }), tree({ type: 'null' }), 'tree.value'],
    ['a definition that is not there', { type: 'string' }, { $ref: '#/$defs/none' }, ''],
    ['a keyword that nobody knows', { type: 'string' }, { type: 'string', oddness: 3 }, ''],
    ['one alternative less', { anyOf: [{ type: 'string' }, { type: 'null' }] }, { anyOf: [{ type: 'null' }] }, ''],
    ['a bound that is outside now', { type: 'integer', minimum: 2 }, { type: 'integer', exclusiveMinimum: 2 }, ''],
    ['a second condition', { type: 'string' }, { allOf: [{ type: 'string' }, { minLength: 3 }] }, ''],
    [
      'a reference behind a reference',
      { $ref: '#/$defs/a', $defs: { a: object({ x: { $ref: '#/$defs/b' } }), b: { type: 'string' } } },
      { $ref: '#/$defs/a', $defs: { a: object({ x: { $ref: '#/$defs/b' } }), b: { type: 'null' } } },
      'x',
    ],
    [
      'an alternative that overlaps another',
      { oneOf: [{ const: 'a' }, { const: 'b' }] },
      { oneOf: [{ type: 'string' }, { const: 'b' }] },
      '',
    ],
    ['items that come once only', { type: 'array' }, { type: 'array', uniqueItems: true }, ''],
  ] as const)('says where %s is', (_change, before, after, place) => {
    const found = compareSchemas(before, after);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map((one) => one.at)).toContain(place);
  });

  it('gives a schema up that is too large to compare, and calls that a reason', () => {
    let before: JsonSchema = { type: 'string' };
    let after: JsonSchema = { type: 'string', title: 'x', minLength: 0 };
    for (let depth = 0; depth < 80; depth += 1) {
      before = { type: 'array', items: before };
      after = { type: 'array', items: after };
    }
    expect(compareSchemas(before, after)[0]?.change).toBe('is too large to compare');
  });
});
