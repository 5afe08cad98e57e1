import { MeshError } from '@devmesh/foundation';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { document, inputOf, post, read } from './reading.fixture.ts';

/** The code of the failure; anything but a MeshError is thrown on. */
const attempt = (work: () => void): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof MeshError) return error.code;
    throw error;
  }
};

describe('a document that cannot be used', () => {
  it.each([
    ['', 'is empty'],
    ['{"openapi": ', 'not valid JSON'],
    ['a: [', 'not valid YAML'],
    ['<!doctype html><html></html>', 'looks like an HTML'],
    ['just text', 'Its root is not an object'],
    ['[]', 'Its root is not an object'],
    ['{"hello":"world"}', 'It has no field `openapi`'],
    ['{"openapi":"4.0.0","paths":{}}', 'Its version is "4.0.0"'],
    [JSON.stringify({ ...document({ '/a': { get: {} } }), servers: [{ url: '/v1' }] }), 'names no server'],
    [JSON.stringify({ ...document({ '/a': { get: {} } }), servers: undefined }), 'names no server'],
    [JSON.stringify({ ...document({ '/a': { get: {} } }), servers: [{ url: 'ftp://x' }] }), 'names no server'],
  ])('says what is wrong: %s', (text, problem) => {
    expect(() => read(text)).toThrowError(
      expect.objectContaining({ code: 'broken_document', message: expect.stringContaining(problem) as string }),
    );
  });

  it.each([[{}], [undefined], [[]]])('is not one whose paths are %j: it has no operations', (paths) => {
    const reading = read(document(paths, { webhooks: { made: { post: {} } } }));
    expect(reading).toMatchObject({ tools: [], skipped: [], loosened: [] });
  });

  it('does not expand YAML aliases without bound', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level += 1) {
      const parent = `*a${String(level - 1)}`;
      lines.push(`a${String(level)}: &a${String(level)} [${Array.from({ length: 10 }, () => parent).join(', ')}]`);
    }
    expect(() => read(lines.join('\n'))).toThrowError(expect.objectContaining({ code: 'broken_document' }));
  });

  it('may go in circles by YAML aliases', () => {
    const lines = [
      'openapi: 3.1.0',
      'servers: [{ url: https://shop.example.com }]',
      'x-node: &node { type: object, properties: { next: *node }, enum: [*node], const: *node, default: *node }',
      'x-whole: &whole { properties: { a: *node }, allOf: [{ properties: { a: *node } }, { properties: { a: { items: *node } } }] }',
      'paths:',
      '  /a: { post: { requestBody: { content: { application/json: { schema: *whole } } }, responses: { 200: { content: { application/json: { schema: *whole } } } } } }',
    ];
    const [tool] = read(lines.join('\n')).tools;
    expect(tool?.inputSchema).toMatchObject({ properties: { a: {} } });
  });

  it('is never an accident: whatever is given, it reads or refuses', () => {
    const odd = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, fc.jsonValue({ maxDepth: 2 }), tie('schema'), tie('operation')),
      schema: fc.dictionary(
        fc.constantFrom(
          'type',
          'properties',
          'items',
          'allOf',
          '$ref',
          'required',
          'nullable',
          'enum',
          'pattern',
          'minimum',
          'exclusiveMinimum',
          '__proto__',
        ),
        fc.oneof(tie('value'), fc.constantFrom('#/paths', '#/paths/~1a/post', '#', 'other.yaml', 'string', '(', true)),
      ),
      operation: fc.dictionary(
        fc.constantFrom(
          'get',
          'post',
          'parameters',
          'requestBody',
          'content',
          'application/json',
          'schema',
          'name',
          'in',
          'servers',
          'operationId',
          '/a',
          '$ref',
        ),
        fc.oneof(tie('value'), fc.constantFrom('path', 'query', 'a', '#/paths/~1a')),
      ),
    }));
    const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, addUsedSchema: false });
    fc.assert(
      fc.property(odd.operation, odd.value, (paths, schema) => {
        const outcome = attempt(() => {
          const { tools } = read(document({ ...(paths as object), '/b': post(schema) }));
          for (const tool of tools) ajv.compile(tool.inputSchema);
        });
        expect([undefined, 'broken_document']).toContain(outcome);
      }),
      { numRuns: 500 },
    );
  });
});

describe('where calls go', () => {
  const paths = { '/a': { get: { operationId: 'a' } } };

  it.each([
    [[{ url: 'https://api.example.com/v1/' }], {}, 'https://api.example.com/v1'],
    [[{ url: '/v1' }], { documentUrl: 'https://docs.example.com/spec/openapi.json' }, 'https://docs.example.com/v1'],
    [undefined, { documentUrl: 'https://docs.example.com/spec/openapi.json' }, 'https://docs.example.com'],
    [
      [{ url: 'https://{host}/v{n}', variables: { host: { default: 'eu.example.com' }, n: { enum: [2] } } }],
      {},
      'https://eu.example.com/v2',
    ],
    [[{ url: 'https://{unknown}/' }, { url: 'https://second.example.com' }], {}, 'https://second.example.com'],
    [[{ url: 'https://api.example.com' }], { baseUrl: 'https://stage.example.com/x/' }, 'https://stage.example.com/x'],
  ])('%j given %j is %s', (servers, options, expected) => {
    expect(read({ ...document(paths), servers }, options).head.baseUrl).toBe(expected);
  });

  it('follows servers of paths and operations, unless the importer names the address', () => {
    const own = {
      '/up': { servers: [{ url: 'https://up.example.com' }], get: { operationId: 'up' } },
      '/near': { get: { operationId: 'near', servers: [{ url: 'https://shop.example.com/v2' }] } },
    };
    const byDocument = read(document(own));
    expect(byDocument.tools.map((tool) => tool.server)).toEqual([
      'https://up.example.com',
      'https://shop.example.com/v2',
    ]);
    expect(byDocument.loosened).toEqual([
      {
        method: 'GET',
        path: '/up',
        code: 'other_server',
        reason: expect.stringContaining('does not get the credential') as string,
      },
    ]);
    const byImporter = read(document(own), { baseUrl: 'https://stage.example.com' });
    expect(byImporter.tools.map((tool) => tool.server)).toEqual([null, null]);
  });
});

describe('a tool', () => {
  it('merges the parameters of path and operation with the body, each under a name of its own', () => {
    const { tools } = read(
      document({
        '/shops/{id}': {
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
            { name: 'verbose', in: 'query', schema: { type: 'string' } },
          ],
          post: {
            operationId: 'change',
            parameters: [
              { name: 'verbose', in: 'query', required: true, schema: { type: 'boolean' } },
              { name: 'id', in: 'header', schema: { type: 'integer' } },
              { name: 'Authorization', in: 'header', required: true, schema: { type: 'string' } },
              { name: 'filter[name]', in: 'query', style: 'deepObject', schema: { type: 'object' } },
            ],
            requestBody: {
              required: true,
              content: {
                'application/json': { schema: { type: 'object', required: ['name'], properties: { name: {} } } },
              },
            },
          },
        },
      }),
    );
    expect(tools[0]?.inputSchema).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string' },
        verbose: { type: 'boolean' },
        header_id: { type: 'integer' },
        filter_name_: { type: 'object' },
        name: {},
      },
      required: ['id', 'verbose', 'name'],
      additionalProperties: false,
    });
    expect(tools[0]?.binding).toEqual({
      parameters: [
        { argument: 'id', name: 'id', in: 'path', style: 'simple', explode: false },
        { argument: 'verbose', name: 'verbose', in: 'query', style: 'form', explode: true },
        { argument: 'header_id', name: 'id', in: 'header', style: 'simple', explode: false },
        { argument: 'filter_name_', name: 'filter[name]', in: 'query', style: 'deepObject', explode: false },
      ],
      body: { mediaType: 'application/json', properties: { name: 'name' } },
    });
  });

  it('keeps the body apart where one of its properties is named like a parameter', () => {
    const parameters = [{ name: 'name', in: 'query', schema: { type: 'string' } }];
    const body = { type: 'object', properties: { name: { type: 'integer' } } };
    const input = inputOf({ '/a': post(body, { parameters }) });
    expect(input['properties']).toMatchObject({ name: { type: 'string' }, body });
    expect(input['required']).toEqual(['body']);
  });

  it.each([
    ['a list', { type: 'array', items: { type: 'string' } }],
    ['a choice', { oneOf: [{ type: 'string' }, { type: 'integer' }] }],
    ['an open object', { type: 'object', properties: { a: {} }, additionalProperties: true }],
    ['anything', undefined],
  ])('takes %s as `body`', (_what, schema) => {
    expect(Object.keys(inputOf({ '/a': post(schema) })['properties'] as object)).toEqual(['body']);
  });

  it('takes the parts of a composed body apart, without what only the service sets', () => {
    const schemas = {
      Base: {
        type: 'object',
        required: ['id', 'kind'],
        properties: { id: { type: 'string', readOnly: true }, kind: {} },
      },
    };
    const own = {
      type: 'object',
      required: ['size'],
      properties: { size: { type: 'integer' }, etag: { $ref: '#/components/schemas/Etag' } },
    };
    const input = inputOf(
      { '/a': post({ allOf: [{ $ref: '#/components/schemas/Base' }, own] }) },
      { components: { schemas: { ...schemas, Etag: { type: 'string', readOnly: true } } } },
    );
    expect(input).toMatchObject({ properties: { kind: {}, size: { type: 'integer' } }, required: ['kind', 'size'] });
    expect(Object.keys(input['properties'] as object)).toEqual(['kind', 'size']);
  });

  it('takes an optional body apart whose only required field is set by the service', () => {
    const schema = { type: 'object', required: ['id'], properties: { id: { readOnly: true }, name: {} } };
    const requestBody = { content: { 'application/json': { schema } } };
    expect(inputOf({ '/a': { post: { requestBody } } })).toMatchObject({ properties: { name: {} } });
  });

  it('joins what the parts of a composed body say of one property', () => {
    const input = inputOf({
      '/a': post({
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } } },
          { type: 'object', properties: { a: { maxLength: 3 }, b: {} } },
        ],
      }),
    });
    expect(input['properties']).toEqual({ a: { allOf: [{ type: 'string' }, { maxLength: 3 }] }, b: {} });
  });

  it('adds path parameters that the document forgot', () => {
    expect(inputOf({ '/a/{x}': { get: {} } })).toMatchObject({
      properties: { x: { type: 'string' } },
      required: ['x'],
    });
  });

  it.each([
    ['get', { readOnlyHint: true, destructiveHint: false, idempotentHint: true }],
    ['post', { readOnlyHint: false, destructiveHint: false, idempotentHint: false }],
    ['put', { readOnlyHint: false, destructiveHint: false, idempotentHint: true }],
    ['delete', { readOnlyHint: false, destructiveHint: true, idempotentHint: true }],
  ])('tells what %s may do', (verb, hints) => {
    expect(read(document({ '/a': { [verb]: {} } })).tools[0]?.annotations).toMatchObject(hints);
  });

  it('is described by summary and description, within bounds', () => {
    const [tool] = read(
      document({ '/a': { get: { summary: 'List things', description: 'x'.repeat(5_000), deprecated: true } } }),
    ).tools;
    expect(tool?.title).toBe('List things');
    expect(tool?.description.startsWith('Deprecated.\n\nList things.\n\nxxx')).toBe(true);
    expect(tool?.description).toHaveLength(1_000);
  });

  it('is not made of what is never sent, which the report names [tools.report]', () => {
    const reading = read(document({ '/a': { get: {}, trace: {} }, 'x-b': { get: {} }, '/c': { $ref: '#/nowhere' } }));
    expect(reading.tools.map((tool) => tool.method)).toEqual(['GET']);
    expect(reading.skipped).toEqual([
      { method: 'TRACE', path: '/a', code: 'method_never_sent', reason: 'the method TRACE is never sent' },
      { method: 'GET', path: 'x-b', code: 'extension', reason: expect.stringContaining('no path') as string },
      {
        method: '*',
        path: '/c',
        code: 'path_item_unresolved',
        reason: expect.stringContaining('leads to nothing') as string,
      },
    ]);
  });

  it('holds no character that PostgreSQL cannot store', () => {
    const [tool] = read(
      document({
        '/a': {
          get: { summary: 'a\0b\uD800c', parameters: [{ name: 'x\0', in: 'query', schema: { default: '\0' } }] },
        },
      }),
    ).tools;
    expect(tool?.title).toBe('abc');
    expect(JSON.stringify(tool)).not.toContain('\\u0000');
  });
});
