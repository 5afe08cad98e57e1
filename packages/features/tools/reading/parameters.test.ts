import { describe, expect, it } from 'vitest';
import { document, read } from './reading.fixture.ts';

const readWith = (parameters: unknown, rest: object = {}, path = '/a') =>
  read(document({ [path]: { get: { parameters } } }, rest));

describe('a parameter', () => {
  it.each([
    [{ in: 'query' }, { style: 'form', explode: true }],
    [{ in: 'cookie' }, { style: 'form', explode: true }],
    [
      { in: 'cookie', style: 'cookie' },
      { style: 'cookie', explode: true },
    ],
    [{ in: 'header' }, { style: 'simple', explode: false }],
    [
      { in: 'query', style: 'deepObject' },
      { style: 'deepObject', explode: false },
    ],
    [
      { in: 'query', style: 'form', explode: false },
      { style: 'form', explode: false },
    ],
    [
      { in: 'query', allowReserved: true, allowEmptyValue: true },
      { allowReserved: true, allowEmptyValue: true },
    ],
    [{ in: 'query', content: { 'application/json': {} } }, { json: true }],
    [{ in: 'query', content: { 'text/csv; x=y': {} } }, { mediaType: 'text/csv' }],
    [
      { in: 'querystring', content: { 'application/json': {} } },
      { in: 'querystring', json: true },
    ],
    [{ in: 'querystring' }, { in: 'querystring', mediaType: 'application/x-www-form-urlencoded' }],
  ])('declared as %j is sent as %j', (declared, expected) => {
    expect(readWith([{ name: 'p', ...declared }]).tools[0]?.binding).toMatchObject({
      parameters: [{ argument: 'p', name: 'p', ...expected }],
    });
  });

  it('that must be sent is not empty where its style writes nothing for what is empty', () => {
    const point = { type: 'object', properties: { x: {} } };
    const list = { type: 'array', minItems: 2 };
    const declared = [
      { name: 'id', in: 'path', schema: { $ref: '#/components/schemas/Point' } },
      { name: 'q', in: 'query', required: true, schema: { type: 'array' } },
      { name: 'two', in: 'query', required: true, schema: list },
      { name: 'json', in: 'query', required: true, content: { 'application/json': { schema: point } } },
      { name: 'free', in: 'query', schema: point },
    ];
    const [tool] = readWith(declared, { components: { schemas: { Point: point } } }, '/a/{id}').tools;
    expect(tool?.inputSchema['properties']).toEqual({
      id: { $ref: '#/$defs/Point', minProperties: 1 },
      q: { type: 'array', minItems: 1 },
      two: list,
      json: point,
      free: point,
    });
  });

  it('shows the schema of its content, its description and its examples', () => {
    const content = {
      'application/json': { schema: { type: 'object' }, examples: { x: { $ref: '#/components/examples/X' } } },
    };
    const [tool] = readWith([{ name: 'p', in: 'query', description: 'What.', content }], {
      components: { examples: { X: { value: { a: 1 } } } },
    }).tools;
    expect(tool?.inputSchema['properties']).toEqual({
      p: { type: 'object', description: 'What.', examples: [{ a: 1 }] },
    });
  });

  it.each([
    [{ $ref: '#/components/parameters/Gone' }, 'leads to nothing'],
    [{ name: 'p', in: 'nowhere' }, 'no place that OpenAPI knows'],
    [{ in: 'query' }, 'has no name'],
    ['p', 'it is no object'],
  ])('that is %j is left out, and the report says so', (broken, reason) => {
    const reading = readWith([broken, { name: 'q', in: 'query' }]);
    expect(reading.tools[0]?.inputSchema['properties']).toEqual({ q: {} });
    expect(reading.loosened).toEqual([
      { method: 'GET', path: '/a', code: 'parameter_left_out', reason: expect.stringContaining(reason) as string },
    ]);
  });

  it('of its path may be replaced by the operation', () => {
    const pathItem = {
      parameters: [
        { name: 'p', in: 'query', required: true },
        { name: 'q', in: 'query' },
      ],
      get: { parameters: [{ name: 'p', in: 'query', schema: { type: 'integer' } }] },
    };
    const [tool] = read(document({ '/a': pathItem })).tools;
    expect(tool?.inputSchema).toMatchObject({ properties: { p: { type: 'integer' }, q: {} } });
    expect(tool?.inputSchema['required']).toBeUndefined();
  });

  it('of another place with the same name is another argument', () => {
    const places = ['query', 'header', 'cookie'].map((place) => ({ name: 'id', in: place }));
    const schema = { type: 'object', properties: { id: {}, x: {} } };
    const post = { parameters: places, requestBody: { content: { 'application/json': { schema } } } };
    const [tool] = read(document({ '/a/{id}': { post } })).tools;
    expect(Object.keys(tool?.inputSchema['properties'] as object)).toEqual([
      'id',
      'header_id',
      'cookie_id',
      'path_id',
      'body',
    ]);
  });
});

describe('a path item', () => {
  it('is followed to where it is, with what stands beside the reference', () => {
    const components = {
      pathItems: { Shared: { get: { operationId: 'shared' }, parameters: [{ name: 'p', in: 'query' }] } },
    };
    const reading = read(
      document({ '/a': { $ref: '#/components/pathItems/Shared', put: { operationId: 'own' } } }, { components }),
    );
    expect(
      reading.tools.map(({ name, inputSchema }) => [name, Object.keys(inputSchema['properties'] as object)]),
    ).toEqual([
      ['shop_shared', ['p']],
      ['shop_own', ['p']],
    ]);
  });

  it('gives the methods of OpenAPI 3.2 and those in capitals, each once', () => {
    const item = {
      GET: { operationId: 'a' },
      query: { operationId: 'b' },
      additionalOperations: { COPY: { operationId: 'c' }, copy: { operationId: 'd' }, get: { operationId: 'e' } },
    };
    const { tools } = read(document({ '/a': item }));
    expect(tools.map(({ method, name }) => `${method} ${name}`)).toEqual(['GET shop_a', 'QUERY shop_b', 'COPY shop_c']);
    expect(new Set(tools.map(({ key }) => key)).size).toBe(3);
  });
});
