import type { MeshError } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../schema/json-schema.ts';
import { createArgumentValidator } from './validate-arguments.ts';

const schema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    state: { enum: ['open', 'closed'] },
    label: { $ref: '#/$defs/Label' },
    code: { type: 'string', pattern: '^[a-z]+$' },
    perPage: { type: 'integer' },
    filter: {
      type: 'object',
      properties: { createdBy: { type: 'string' } },
      additionalProperties: false,
    },
  },
  required: ['id'],
  additionalProperties: false,
  $defs: { Label: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
};

const validator = createArgumentValidator();
let keys = 0;

interface Judged {
  readonly values?: unknown;
  readonly issues: unknown;
}

/** What becomes of the values under a schema. */
const judge = (of: JsonSchema, values: Record<string, unknown>): Judged => {
  keys += 1;
  try {
    return { values: validator.check(String(keys), of, values), issues: [] };
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_request' });
    return { issues: (error as MeshError).issues };
  }
};

const issuesOf = (values: Record<string, unknown>): unknown => judge(schema, values).issues;
const one = (property: JsonSchema, rest: object = {}): JsonSchema => ({
  type: 'object',
  properties: { v: property },
  ...rest,
});

describe('validation of arguments', () => {
  it('passes what fits, as it was given', () => {
    const values = { id: 1, state: 'open', label: { name: 'x' } };
    expect(judge(schema, values).values).toBe(values);
  });

  it('says all that is wrong, where, and what would be right', () => {
    expect(issuesOf({ state: 'ajar', label: {}, code: '1', perPage: true })).toEqual(
      expect.arrayContaining([
        { path: 'body.arguments.id', message: 'is required' },
        { path: 'body.arguments.state', message: 'must be one of ["open","closed"]' },
        { path: 'body.arguments.label.name', message: 'is required' },
        { path: 'body.arguments.code', message: 'must match pattern "^[a-z]+$"' },
        { path: 'body.arguments.perPage', message: 'must be integer, and is the boolean true' },
      ]),
    );
  });

  it.each([
    ['per_page', 'perPage'],
    ['pagePer', undefined],
    ['lable', 'label'],
    ['Stat', 'state'],
    ['x', undefined],
  ])('says which argument %s was likely meant to be', (name, meant) => {
    const hint = meant === undefined ? '' : `did you mean ${meant}? `;
    expect(issuesOf({ id: 1, [name]: 1 })).toEqual([
      {
        path: `body.arguments.${name}`,
        message: `is not an argument of this tool; ${hint}it takes id, state, label, code, perPage, filter`,
      },
    ]);
  });

  it('says the same of members and values', () => {
    expect(issuesOf({ id: 1, state: 'Open', filter: { created_by: 'me' } })).toEqual(
      expect.arrayContaining([
        { path: 'body.arguments.state', message: 'must be one of ["open","closed"]; did you mean "open"?' },
        {
          path: 'body.arguments.filter.created_by',
          message: 'is not allowed here; did you mean createdBy? it takes createdBy',
        },
      ]),
    );
  });

  it('shows no long value and no endless list', () => {
    const names = Array.from({ length: 300 }, (_, index) => `argument${String(index)}`);
    const wide = {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])),
      additionalProperties: false,
    };
    const { issues } = judge(wide, {
      ...Object.fromEntries(names.map((name) => [name, 'x'.repeat(1_000)])),
      none: 1,
    }) as { issues: { message: string }[] };
    expect(issues).toHaveLength(20);
    expect(JSON.stringify(issues).length).toBeLessThan(10_000);
  });

  it('does not take inherited properties for given ones', () => {
    expect(judge({ type: 'object', properties: {}, required: ['constructor'] }, {}).issues).toEqual([
      { path: 'body.arguments.constructor', message: 'is required' },
    ]);
  });

  it('refuses arguments that nest without end', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 5_000; level += 1) deep = [deep];
    expect(() => validator.check('deep', { type: 'object' }, { deep })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('leaves all to the service where the schema cannot be compiled', () => {
    const broken = one({ $ref: '#/$defs/none' });
    expect(judge(broken, { v: 1 })).toEqual({ values: { v: 1 }, issues: [] });
  });

  it('judges a large schema as a small one, whichever arguments are given', () => {
    const filler = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`p${String(index)}`, { type: 'string', description: 'x'.repeat(50) }]),
    );
    const large = {
      ...schema,
      properties: { ...schema.properties, ...filler },
      dependentRequired: { state: ['code'] },
    };
    const issuesOfLarge = (values: Record<string, unknown>): readonly unknown[] => {
      try {
        validator.check('large', large, values);
        return [];
      } catch (error) {
        return (error as MeshError).issues.map(({ path }) => path);
      }
    };
    for (let round = 0; round < 2; round += 1) {
      expect(issuesOfLarge({ id: 1, p3: 'x' })).toEqual([]);
      expect(issuesOfLarge({ p3: [] })).toEqual(['body.arguments.id', 'body.arguments.p3']);
      expect(issuesOfLarge({ id: 1, p4: [], label: {} })).toEqual(['body.arguments.label.name', 'body.arguments.p4']);
      expect(issuesOfLarge({ id: 1, p500: '' })).toEqual(['body.arguments.p500']);
      expect(issuesOfLarge({ id: 1, state: 'open' })).toEqual(['body.arguments']);
    }
  });

  it('tells the arguments of a large schema apart whatever their names hold', () => {
    const named = { a: { type: 'integer' }, b: { type: 'integer' }, 'a b': { type: 'integer' } };
    const large = { type: 'object', description: 'x'.repeat(20_000), properties: named };
    validator.check('spaces', large, { 'a b': 1 });
    expect(() => validator.check('spaces', large, { a: 1, b: 'x' })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('follows a schema that changed under a new key', () => {
    validator.check('before', one({ type: 'integer' }), { v: 1 });
    expect(() => validator.check('after', one({ const: 2 }), { v: 1 })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});

describe('alternatives', () => {
  const shapes = {
    anyOf: [
      {
        title: 'Circle',
        type: 'object',
        properties: { kind: { const: 'circle' }, radius: { type: 'number' } },
        required: ['kind', 'radius'],
      },
      { $ref: '#/$defs/Square' },
      { type: 'string' },
    ],
  };
  const withShapes = one(shapes, {
    $defs: {
      Square: {
        title: 'Square',
        type: 'object',
        properties: { kind: { const: 'square' }, side: { type: 'number' }, note: { $ref: '#/$defs/Note' } },
        required: ['kind', 'side'],
      },
      Note: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    },
  });

  it.each([
    [{ kind: 'circle' }, 'radius', 'form 1 (Circle)'],
    [{ kind: 'square' }, 'side', 'form 2 (Square)'],
    [{ kind: 'square', side: 1, note: {} }, 'note.text', 'form 2 (Square)'],
  ])('speak of the form that fits %j best, and of no other', (value, missing, form) => {
    expect(judge(withShapes, { v: value }).issues).toEqual([
      { path: `body.arguments.v.${missing}`, message: 'is required' },
      { path: 'body.arguments.v', message: `fits none of its 3 forms; nearest is ${form}` },
    ]);
  });

  it('say what kinds they take where the value is of none', () => {
    expect(judge(withShapes, { v: true }).issues).toEqual([
      { path: 'body.arguments.v', message: 'is the boolean true and must be object or string' },
    ]);
    expect(judge(one({ anyOf: [{ enum: ['a', 'b'] }, { const: 'c' }] }), { v: 'd' }).issues).toEqual([
      { path: 'body.arguments.v', message: 'is the string "d" and must be one of ["a","b"] or "c"' },
    ]);
  });

  it('say when more than one fits where only one may', () => {
    const both = one({
      oneOf: [
        { type: 'object', required: ['a'] },
        { type: 'object', required: ['b'] },
      ],
    });
    expect(judge(both, { v: { a: 1, b: 2 } }).issues).toEqual([
      { path: 'body.arguments.v', message: 'fits more than one of its forms (1 and 2); give what tells them apart' },
    ]);
  });

  it('end in cycles', () => {
    const cyclic = one(
      { $ref: '#/$defs/Node' },
      {
        $defs: {
          Node: {
            anyOf: [
              { type: 'object', properties: { next: { $ref: '#/$defs/Node' } }, required: ['next'] },
              { type: 'null' },
            ],
          },
        },
      },
    );
    expect(judge(cyclic, { v: { next: { next: { next: { next: { next: 7 } } } } } }).issues).not.toEqual([]);
  });
});

describe('types that models get wrong', () => {
  it.each([
    [{ type: 'integer' }, '5', 5],
    [{ type: 'number' }, '-1.5', -1.5],
    [{ type: 'boolean' }, 'true', true],
    [{ type: 'string' }, 5, '5'],
    [{ type: 'array', items: { type: 'integer' } }, '["1",2]', [1, 2]],
    [{ type: 'object', required: ['a'] }, '{"a":1}', { a: 1 }],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, '7', 7],
    [{ type: ['integer', 'null'] }, '7', 7],
  ])('are mended where nothing is lost: %j given %j', (property, given, expected) => {
    expect(judge(one(property as JsonSchema), { v: given }).values).toEqual({ v: expected });
  });

  it.each([
    [{ type: 'integer' }, '5.5'],
    [{ type: 'integer' }, '05'],
    [{ type: 'integer' }, ' 5'],
    [{ type: 'integer' }, ''],
    [{ type: ['number', 'boolean'] }, ''],
    [{ type: 'number' }, ' '],
    [{ type: 'integer' }, '9007199254740993'],
    [{ type: 'number' }, 'Infinity'],
    [{ type: 'boolean' }, '1'],
    [{ type: 'boolean' }, 1],
    [{ type: 'string' }, true],
    [{ type: 'string' }, 2 ** 60],
    [{ type: 'array' }, 'a,b'],
    [{ type: 'array' }, '{"a":1}'],
    [{ type: 'integer', maximum: 3 }, '5'],
  ])('are refused where something would be: %j given %j', (property, given) => {
    expect(judge(one(property), { v: given }).issues).toEqual([expect.objectContaining({ path: 'body.arguments.v' })]);
  });

  it('leave null out where nothing need be given, and only there', () => {
    expect(judge(one({ type: 'string' }), { v: null }).values).toEqual({});
    expect(judge(one({ type: ['string', 'null'] }), { v: null }).values).toEqual({ v: null });
    expect(judge(one({ type: 'string' }, { required: ['v'] }), { v: null }).issues).toEqual([
      { path: 'body.arguments.v', message: 'must be string, and is null' },
    ]);
  });

  it('never change values that fit, nor what the caller holds', () => {
    const given = { v: '5', w: { x: ['1'] } };
    const both = { type: 'object', properties: { v: { type: 'integer' }, w: {} } };
    expect(judge(both, given).values).toEqual({ v: 5, w: { x: ['1'] } });
    expect(given).toEqual({ v: '5', w: { x: ['1'] } });
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const values = { v: value };
        expect(judge(one({}), values).values).toBe(values);
      }),
      { numRuns: 30 },
    );
  });
});
