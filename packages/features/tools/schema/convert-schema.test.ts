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

describe('what a caller may send', () => {
  const bodyOf = (schema: unknown, rest: object = {}) => inputOf({ '/a': post(schema) }, rest);
  const parts = {
    components: {
      schemas: {
        Base: {
          type: 'object',
          required: ['id', 'name'],
          properties: { id: { type: 'string', readOnly: true }, name: {} },
        },
        Cat: { type: 'object', required: ['kind'], properties: { kind: { type: 'string' } } },
        Dog: { type: 'object', properties: { kind: { type: 'string', enum: ['hound'] } } },
      },
    },
  };

  it('holds nothing that only the service sets, nor requires it in any part', () => {
    const schema = { oneOf: [{ allOf: [{ $ref: '#/components/schemas/Base' }, { required: ['id', 'size'] }] }] };
    expect(bodyOf(schema, parts)).toMatchObject({
      properties: { body: { oneOf: [{ allOf: [{ $ref: '#/$defs/Base' }, { required: ['size'] }] }] } },
      $defs: { Base: { required: ['name'], properties: { name: {} } } },
    });
    expect(JSON.stringify(bodyOf(schema, parts))).not.toContain('"id"');
  });

  it('is chosen by the value of a discriminator, which each alternative names', () => {
    const schema = {
      oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
      discriminator: { propertyName: 'kind', mapping: { tabby: '#/components/schemas/Cat', hound: 'Dog' } },
    };
    expect(bodyOf(schema, parts)).toMatchObject({
      properties: {
        body: {
          oneOf: [
            { $ref: '#/$defs/Cat', properties: { kind: { const: 'tabby' } }, required: ['kind'] },
            { $ref: '#/$defs/Dog' },
          ],
        },
      },
    });
    const { mapping: _mapping, ...unmapped } = schema.discriminator;
    const named = bodyOf({ ...schema, discriminator: unmapped }, parts);
    expect(named).toMatchObject({ properties: { body: { oneOf: [{ properties: { kind: { const: 'Cat' } } }, {}] } } });
    expect(JSON.stringify(named)).not.toContain('"Dog"}');
  });

  it('shows the values of a discriminator whose alternatives are listed nowhere', () => {
    const mapping = { cat: 'Cat', dog: 'Dog' };
    const schema = {
      type: 'array',
      items: {
        type: 'object',
        properties: { kind: { type: 'string' } },
        discriminator: { propertyName: 'kind', mapping },
      },
    };
    expect(bodyOf(schema)).toMatchObject({
      properties: { body: { items: { properties: { kind: { type: 'string', examples: ['cat', 'dog'] } } } } },
    });
  });

  it('is judged by what stands beside a reference from OpenAPI 3.1 on, and not before', () => {
    const schema = {
      type: 'array',
      items: { $ref: '#/components/schemas/Base', minProperties: 2, description: 'One.' },
    };
    const items = (openapi: string) =>
      (bodyOf(schema, { ...parts, openapi })['properties'] as { body: { items: unknown } }).body.items;
    expect(items('3.1.0')).toEqual({ $ref: '#/$defs/Base', minProperties: 2, description: 'One.' });
    expect(items('3.0.3')).toEqual({ $ref: '#/$defs/Base', description: 'One.' });
  });

  it('is found by anchors, and by names that stand beside others', () => {
    const schemas = {
      Node: { $anchor: 'node', type: 'object', properties: { next: { $ref: '#node' } } },
      Alias: { $ref: '#/components/schemas/Node', required: ['next'] },
    };
    const schema = { type: 'array', items: { $ref: '#/components/schemas/Alias' } };
    const input = bodyOf(schema, { openapi: '3.1.0', components: { schemas } });
    expect(input).toMatchObject({
      properties: { body: { items: { $ref: '#/$defs/Alias' } } },
      $defs: {
        Alias: { $ref: '#/$defs/Node', required: ['next'] },
        Node: { properties: { next: { $ref: '#/$defs/node' } } },
      },
    });
    expect(() => new Ajv2020({ strict: false }).compile(input)).not.toThrow();
  });
});
