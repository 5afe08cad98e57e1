import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { document, inputOf, post, read } from '../reading/reading.fixture.ts';

describe('schemas', () => {
  const schemaOf = (schema: unknown, rest: object = {}) =>
    (
      inputOf({ '/a': { get: { parameters: [{ name: 'p', in: 'query', schema }] } } }, rest)['properties'] as {
        p: unknown;
      }
    ).p;

  it.each([
    [{ type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      { type: 'string', nullable: true, enum: ['a'] },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [{ allOf: [{ type: 'string' }], nullable: true }, { anyOf: [{ allOf: [{ type: 'string' }] }, { type: 'null' }] }],
    [
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      { type: 'integer', exclusiveMinimum: 1 },
    ],
    [
      { type: 'integer', maximum: 9, exclusiveMaximum: false },
      { type: 'integer', maximum: 9 },
    ],
    [
      { type: 'string', example: 'x' },
      { type: 'string', examples: ['x'] },
    ],
    [
      { type: 'object', required: true, properties: { a: { required: 'yes' } } },
      { type: 'object', properties: { a: {} } },
    ],
    [
      { type: 'object', required: ['a', 'a', 1] },
      { type: 'object', required: ['a'] },
    ],
    [{ type: 'string', pattern: '[a-' }, { type: 'string' }],
    [{ type: 'string', minLength: -1, enum: [] }, { type: 'string' }],
    [{ type: ['string', 'null', 'string'] }, { type: ['string', 'null'] }],
    [{ type: 'any' }, {}],
    [
      { type: 'array', items: [{ type: 'string' }] },
      { type: 'array', prefixItems: [{ type: 'string' }] },
    ],
    [{ discriminator: { propertyName: 'x' }, xml: {}, id: 'x', $id: 'y', 'x-a': 1 }, {}],
  ])('%j become %j', (schema, expected) => {
    expect(schemaOf(schema)).toEqual(expected);
  });

  it('keep recursion by `$defs`', () => {
    const Tree = {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
    };
    const input = inputOf(
      { '/a': { get: { parameters: [{ name: 'p', in: 'query', schema: { $ref: '#/components/schemas/Tree' } }] } } },
      { components: { schemas: { Tree } } },
    );
    expect(input).toMatchObject({
      properties: { p: { $ref: '#/$defs/Tree' } },
      $defs: { Tree: { properties: { children: { items: { $ref: '#/$defs/Tree' } } } } },
    });
  });

  it('end where a schema judges a value by itself', () => {
    const schemas = {
      A: { allOf: [{ $ref: '#/components/schemas/B' }] },
      B: { anyOf: [{ $ref: '#/components/schemas/A' }] },
    };
    const input = inputOf(
      { '/a': { get: { parameters: [{ name: 'p', in: 'query', schema: { $ref: '#/components/schemas/A' } }] } } },
      { components: { schemas } },
    );
    expect(() => new Ajv2020({ strict: false }).compile(input)({ p: 1 })).not.toThrow();
  });

  it.each([
    ['other.yaml#/Thing', 'leads outside of the document'],
    ['https://example.com/thing.json', 'leads outside of the document'],
    ['file:///etc/passwd', 'leads outside of the document'],
    ['#/components/schemas/Missing', 'leads to nothing'],
    ['#/components/schemas/Loop', 'leads in a circle'],
  ])('behind %s stay open, and the report says why', ($ref, reason) => {
    const schemas = { Loop: { $ref: '#/components/schemas/Loop' } };
    const reading = read(
      document({ '/a': post({ type: 'object', properties: { part: { $ref } } }) }, { components: { schemas } }),
    );
    expect(reading.tools[0]?.inputSchema).toMatchObject({ properties: { part: {} } });
    expect(reading.loosened).toEqual([
      { method: 'POST', path: '/a', code: 'reference_unresolved', reason: expect.stringContaining(reason) as string },
    ]);
  });
});
