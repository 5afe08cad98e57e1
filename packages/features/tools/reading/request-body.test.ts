import { describe, expect, it } from 'vitest';
import { document, read } from './reading.fixture.ts';

const toolOf = (content: unknown, rest: { required?: boolean; components?: unknown } = {}) => {
  const { components = {}, required = true } = rest;
  const reading = read(document({ '/a': { post: { requestBody: { required, content } } } }, { components }));
  const [tool] = reading.tools;
  if (tool === undefined) throw new Error('no tool');
  return {
    ...tool,
    body: tool.binding['body'],
    properties: tool.inputSchema['properties'],
    loosened: reading.loosened,
  };
};
const fields = { type: 'object', required: ['a'], properties: { a: { type: 'string' }, b: { type: 'integer' } } };
const bytes = { type: 'string', format: 'binary' };
const file = { anyOf: [{ type: 'string' }, { type: 'object', required: ['base64'] }] };

describe('a body', () => {
  it.each([
    ['application/json', 'application/json', undefined],
    ['application/vnd.shop.v2+json; charset=utf-8', 'application/vnd.shop.v2+json; charset=utf-8', undefined],
    ['*/*', 'application/json', undefined],
    ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded', 'form'],
    ['multipart/form-data; boundary=x', 'multipart/form-data', 'multipart'],
    ['bad/type\r\nx-evil: 1+json', 'application/json', undefined],
  ])('of %s gives its fields as arguments [tools.every-body]', (type, mediaType, encoding) => {
    const { body, inputSchema } = toolOf({ [type]: { schema: fields } });
    expect(body).toEqual({
      mediaType,
      properties: { a: 'a', b: 'b' },
      ...(encoding === undefined ? {} : { encoding }),
    });
    expect(inputSchema).toMatchObject({ required: ['a'], properties: { a: {}, b: {} } });
  });

  it.each([
    ['text/plain', {}, { mediaType: 'text/plain', encoding: 'text' }, { type: 'string' }],
    ['text/*', {}, { mediaType: 'text/plain', encoding: 'text' }, { type: 'string' }],
    ['text/plain', { type: 'integer' }, { mediaType: 'text/plain', encoding: 'text' }, { type: 'integer' }],
    ['application/xml', fields, { mediaType: 'application/xml', encoding: 'text' }, { type: 'string' }],
    ['application/soap+xml', fields, { mediaType: 'application/soap+xml', encoding: 'text' }, { type: 'string' }],
    ['application/x-ndjson', {}, { mediaType: 'application/x-ndjson', encoding: 'text' }, { type: 'string' }],
    ['application/octet-stream', bytes, { mediaType: 'application/octet-stream', encoding: 'bytes' }, file],
    ['image/*', undefined, { mediaType: 'application/octet-stream', encoding: 'bytes' }, file],
    ['application/x-tar', {}, { mediaType: 'application/x-tar', encoding: 'bytes' }, file],
    ['*/*', bytes, { mediaType: 'application/octet-stream', encoding: 'bytes' }, file],
  ])('of %s and %j is one argument [tools.every-body]', (type, schema, encoded, expected) => {
    const { body, inputSchema } = toolOf({ [type]: { schema } });
    expect(body).toEqual({ ...encoded, argument: 'body' });
    expect(inputSchema).toMatchObject({ properties: { body: expected }, required: ['body'] });
  });

  it.each([
    [['multipart/form-data', 'application/x-www-form-urlencoded', 'application/json'], 'application/json'],
    [['application/vnd.x+json', 'application/json'], 'application/json'],
    [['application/json-patch+json', 'application/vnd.x+json'], 'application/vnd.x+json'],
    [['multipart/form-data', 'application/x-www-form-urlencoded'], 'application/x-www-form-urlencoded'],
    [['text/plain', '*/*', 'multipart/form-data'], 'multipart/form-data'],
    [['application/octet-stream', 'text/csv'], 'text/csv'],
  ])('of %j is sent as the one that a model writes best', (types, chosen) => {
    expect(toolOf(Object.fromEntries(types.map((type) => [type, { schema: fields }]))).body).toMatchObject({
      mediaType: chosen,
    });
  });

  it('with files takes them as arguments, and says how each part is sent [tools.every-body]', () => {
    const schema = {
      type: 'object',
      required: ['avatar'],
      properties: {
        avatar: bytes,
        pages: { type: 'array', items: { $ref: '#/components/schemas/Page' } },
        photo: { type: 'string', contentMediaType: 'image/png' },
        inline: { type: 'string', contentMediaType: 'image/png', contentEncoding: 'base64' },
        tags: { type: 'array', items: { type: 'string' } },
        about: { type: 'object', properties: { x: {} } },
      },
    };
    const encoding = {
      avatar: { contentType: 'image/*, image/jpeg' },
      tags: { style: 'form', explode: false },
      about: { contentType: 'application/xml', headers: {} },
    };
    const components = { schemas: { Page: { ...bytes, description: 'One page.' } } };
    const { body, properties } = toolOf({ 'multipart/form-data': { schema, encoding } }, { components });
    expect(body).toMatchObject({
      encoding: 'multipart',
      parts: {
        avatar: { file: true, contentType: 'image/jpeg' },
        pages: { file: true },
        photo: { file: true, contentType: 'image/png' },
        tags: { style: 'form', explode: false },
        about: { contentType: 'application/xml' },
      },
    });
    expect(Object.keys((body as { parts: object }).parts)).not.toContain('inline');
    expect(properties).toMatchObject({
      avatar: file,
      pages: { type: 'array', items: { ...file, description: 'One page.' } },
      photo: file,
      inline: { type: 'string', contentEncoding: 'base64' },
    });
  });

  it('whose form is a choice is one argument, its files still files', () => {
    const schema = {
      oneOf: [
        { type: 'object', properties: { upload: bytes } },
        { type: 'object', properties: { url: {} } },
      ],
    };
    const { body, properties } = toolOf({ 'multipart/form-data': { schema } });
    expect(body).toMatchObject({ argument: 'body', parts: { upload: { file: true } } });
    expect(properties).toMatchObject({ body: { anyOf: [{ properties: { upload: file } }, {}] } });
  });

  it('that describes a file in place of the fields of its form is sent as the field "file"', () => {
    const { body, properties, loosened } = toolOf({ 'multipart/form-data': { schema: { type: 'array', items: {} } } });
    expect(body).toMatchObject({ properties: { file: 'file' }, parts: { file: { file: true } } });
    expect(Object.keys(properties as object)).toEqual(['file']);
    expect(loosened).toMatchObject([{ code: 'media_type_guessed' }]);
  });

  it('keeps bytes of JSON bodies as they are, and files out of other tools', () => {
    const components = { schemas: { Blob: bytes } };
    const schema = { type: 'object', properties: { blob: { $ref: '#/components/schemas/Blob' } } };
    const paths = {
      '/form': { post: { requestBody: { content: { 'multipart/form-data': { schema } } } } },
      '/json': { post: { requestBody: { content: { 'application/json': { schema } } } } },
    };
    const [form, json] = read(document(paths, { components })).tools;
    expect(form?.inputSchema).toMatchObject({ properties: { blob: file } });
    expect(json?.inputSchema).toMatchObject({ $defs: { Blob: { type: 'string', format: 'binary' } } });
  });

  it('that cannot be read is left open, and the report says so', () => {
    const paths = { '/a': { post: { requestBody: { $ref: '#/nowhere' } } } };
    const reading = read(document(paths));
    expect(reading.tools[0]).toMatchObject({ binding: { body: { mediaType: 'application/json', argument: 'body' } } });
    expect(reading.loosened).toMatchObject([
      { code: 'body_left_open', reason: expect.stringContaining('nothing') as string },
    ]);
  });

  it.each([
    [{ schema: fields }, { mediaType: 'application/json', properties: { a: 'a', b: 'b' } }],
    [{ content: { json: { schema: fields } } }, { mediaType: 'application/json', properties: { a: 'a', b: 'b' } }],
    [{ content: {} }, undefined],
    [
      { content: { 'application/json': { itemSchema: { type: 'integer' } } } },
      { mediaType: 'application/json', argument: 'body' },
    ],
  ])('written as %j is understood', (declared, expected) => {
    const reading = read(document({ '/a': { post: { requestBody: { required: true, ...declared } } } }));
    expect(reading.tools[0]?.binding['body']).toEqual(expected);
  });

  it('shows the examples of its media type', () => {
    const { properties } = toolOf({
      'application/json': { schema: { type: 'array' }, examples: { a: { value: [1] } } },
    });
    expect(properties).toEqual({ body: { type: 'array', description: 'The JSON body.', examples: [[1]] } });
  });
});
