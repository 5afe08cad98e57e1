import { describe, expect, it } from 'vitest';
import { read } from './reading.fixture.ts';

describe('a Swagger 2.0 document', () => {
  it('is read like one of OpenAPI 3', () => {
    const reading = read({
      swagger: '2.0',
      info: { title: 'Old', version: 1.5 },
      host: 'old.example.com',
      basePath: '/v1',
      schemes: ['http', 'https'],
      definitions: {
        Pet: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' }, owner: { $ref: '#/definitions/Pet' } },
        },
      },
      paths: {
        '/pets': {
          post: {
            operationId: 'add',
            parameters: [{ in: 'body', name: 'pet', required: true, schema: { $ref: '#/definitions/Pet' } }],
          },
          get: {
            operationId: 'list',
            parameters: [
              { in: 'query', name: 'tags', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
              { in: 'query', name: 'ids', type: 'array', items: { type: 'string' } },
            ],
          },
          put: {
            operationId: 'send',
            parameters: [
              { in: 'formData', name: 'file', type: 'file', required: true },
              { in: 'formData', name: 'tags', type: 'array', items: { type: 'string' }, collectionFormat: 'pipes' },
            ],
          },
          patch: {
            operationId: 'edit',
            parameters: [
              { in: 'formData', name: 'name', type: 'string' },
              { in: 'query', name: 'cells', type: 'array', items: { type: 'string' }, collectionFormat: 'tsv' },
              { in: 'query', name: 'flag', type: 'string', allowEmptyValue: true },
              { $ref: '#/parameters/gone' },
            ],
          },
        },
      },
    });
    expect(reading.head).toMatchObject({ baseUrl: 'https://old.example.com/v1', version: '1.5' });
    expect(reading.skipped).toEqual([]);
    const byName = new Map(reading.tools.map((tool) => [tool.name, tool]));
    expect(byName.get('shop_add')?.inputSchema).toMatchObject({
      properties: { name: { type: 'string' }, owner: { $ref: '#/$defs/Pet' } },
      required: ['name'],
    });
    expect(byName.get('shop_list')?.binding).toMatchObject({
      parameters: [
        { argument: 'tags', explode: true },
        { argument: 'ids', explode: false },
      ],
    });
    expect(byName.get('shop_send')).toMatchObject({
      inputSchema: { required: ['file'], properties: { file: { anyOf: [{ type: 'string' }, { type: 'object' }] } } },
      binding: {
        body: {
          mediaType: 'multipart/form-data',
          encoding: 'multipart',
          properties: { file: 'file', tags: 'tags' },
          parts: { file: { file: true }, tags: { style: 'pipeDelimited', explode: false } },
        },
      },
    });
    expect(byName.get('shop_edit')?.binding).toMatchObject({
      parameters: [
        { argument: 'cells', style: 'tabDelimited', explode: false },
        { argument: 'flag', allowEmptyValue: true },
      ],
      body: { mediaType: 'application/x-www-form-urlencoded', encoding: 'form', properties: { name: 'name' } },
    });
    expect(reading.loosened).toMatchObject([{ method: 'PATCH', path: '/pets', code: 'parameter_left_out' }]);
  });
});
