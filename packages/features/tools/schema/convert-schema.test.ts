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
    [{ type: 'string', pattern: 'YYYY-MM-DDThh:mm:ssZ' }, { type: 'string' }],
    [
      { type: 'string', pattern: '[y]{4}' },
      { type: 'string', pattern: '[y]{4}' },
    ],
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

  it('that are too large leave parts open, of which the type and required names are told, and keep what is small', () => {
    const wide = (name: string, rest: object = {}) => ({
      type: 'object',
      required: [name],
      properties: {
        [name]: { $ref: `#/components/schemas/Code_${name}` },
        long: { description: 'x'.repeat(1_400) },
        ...rest,
      },
    });
    const code = { type: 'string', description: 'y'.repeat(200) };
    const names = Array.from({ length: 60 }, (_none, index) => `Part${String(index)}`);
    const schemas = {
      ...Object.fromEntries(names.map((name) => [`Code_${name.toLowerCase()}`, code])),
      ...Object.fromEntries(names.map((name) => [name, wide(name.toLowerCase())])),
    };
    const oneOf = names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
    const schema = { type: 'object', properties: { all: { oneOf }, few: { oneOf: oneOf.slice(0, 2) } } };
    const input = inputOf({ '/a': post(schema) }, { components: { schemas } });
    expect(input).toMatchObject({
      // An open alternative takes in what fits another.
      properties: { all: { anyOf: expect.any(Array) as unknown }, few: { oneOf: expect.any(Array) as unknown } },
    });
    const definitions = Object.values(input['$defs'] as object) as { type: string; properties?: object }[];
    const kept = definitions.filter(({ properties }) => properties !== undefined);
    expect(kept.length).toBeGreaterThan(30);
    expect(definitions.filter((one) => one.type === code.type && 'description' in one)).toEqual(kept.map(() => code));
    expect((input['$defs'] as { Part59: unknown }).Part59).toEqual({
      type: 'object',
      required: ['part59'],
      description: 'Any value that the service accepts.',
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
          // The value names its alternative and may fit others too.
          anyOf: [
            { $ref: '#/$defs/Cat', properties: { kind: { const: 'tabby' } }, required: ['kind'] },
            { $ref: '#/$defs/Dog' },
          ],
        },
      },
    });
    const { mapping: _mapping, ...unmapped } = schema.discriminator;
    const named = bodyOf({ ...schema, discriminator: unmapped }, parts);
    expect(named).toMatchObject({ properties: { body: { anyOf: [{ properties: { kind: { const: 'Cat' } } }, {}] } } });
    expect(JSON.stringify(named)).not.toContain('"Dog"}');
  });

  it.each<[what: string, keyword: 'oneOf' | 'anyOf', one: object, other: object]>([
    ['a type and more of it', 'anyOf', { type: 'object' }, { $ref: '#/components/schemas/Base' }],
    ['optional members', 'anyOf', { properties: { a: {} } }, { properties: { b: {} } }],
    ['a kind of number', 'anyOf', { type: 'number' }, { type: 'integer' }],
    ['formats alone', 'anyOf', { type: 'string', format: 'uri' }, { type: 'string', format: 'uuid' }],
    [
      'what is hidden',
      'anyOf',
      { properties: { k: { readOnly: true, enum: [1] } } },
      { properties: { k: { enum: [2] } } },
    ],
    ['required members', 'oneOf', { required: ['a'] }, { required: ['b'] }],
    ['values', 'oneOf', { properties: { k: { enum: [1] } } }, { properties: { k: { enum: [2] } } }],
    ['types', 'oneOf', { type: 'string' }, { type: 'integer' }],
    [
      'lists of other things',
      'oneOf',
      { type: 'array', items: { type: 'string' } },
      { type: 'array', items: { type: 'null' } },
    ],
    ['null and a text', 'oneOf', { type: 'null' }, { type: 'string' }],
    ['patterns', 'oneOf', { type: 'string', pattern: '^a' }, { type: 'string', pattern: '^b' }],
    [
      'what is closed',
      'oneOf',
      { required: ['a'], additionalProperties: false, properties: { a: {} } },
      { required: ['a', 'b'], properties: { a: {}, b: {} } },
    ],
  ])('is one alternative alone only where something tells them apart: %s, %s', (_what, keyword, one, other) => {
    expect(Object.keys((bodyOf({ oneOf: [one, other] }, parts)['properties'] as { body: object }).body)).toContain(
      keyword,
    );
  });

  it('may hold what only the alternatives of a closed object declare', () => {
    const schema = {
      additionalProperties: false,
      oneOf: [{ required: ['a'], properties: { a: {} } }, { required: ['b'] }],
    };
    const valid = new Ajv2020({ strict: false }).compile(bodyOf(schema));
    expect([valid({ body: { a: 1 } }), valid({ body: {} })]).toEqual([true, false]);
  });

  it('leaves out what is read-only beside a reference from OpenAPI 3.1 on, and not before', () => {
    const schema = { properties: { part: { $ref: '#/components/schemas/Cat', readOnly: true }, name: {} } };
    expect(bodyOf(schema, parts)).toHaveProperty('properties.part');
    expect(bodyOf(schema, { ...parts, openapi: '3.1.0' })).not.toHaveProperty('properties.part');
  });

  it('need not hold what a closed object requires and does not declare', () => {
    const closed = { type: 'object', required: ['a', 'b'], additionalProperties: false, properties: { a: {} } };
    expect(bodyOf(closed)).toMatchObject({ required: ['a'], properties: { a: {} } });
    expect(bodyOf(closed)['properties']).not.toHaveProperty('b');
    expect(bodyOf({ properties: { deep: closed } })).toMatchObject({ properties: { deep: { required: ['a'] } } });
  });

  it('is shown by examples without what only the service sets', () => {
    const example = { deep: [{ id: '1', name: 'x', more: { id: '2' } }], id: '3' };
    const schema = {
      oneOf: [{ properties: { deep: { type: 'array', items: { $ref: '#/components/schemas/Base' } } } }],
      example,
      default: example,
    };
    const shown = { deep: [{ name: 'x', more: { id: '2' } }], id: '3' };
    expect(bodyOf(schema, parts)).toMatchObject({ properties: { body: { examples: [shown], default: shown } } });
    const media = {
      'application/json': {
        schema: { type: 'array', items: { $ref: '#/components/schemas/Base' } },
        example: [{ id: '1' }],
      },
    };
    const paths = { '/a': post({}, { requestBody: { required: true, content: media } }) };
    expect(inputOf(paths, parts)).toMatchObject({ properties: { body: { examples: [[{}]] } } });
    expect(JSON.stringify(inputOf(paths, parts))).not.toContain('"id"');
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
