import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../reading/read-document.ts';
import { convertDescription } from './convert-description.ts';

const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

function read(document: object, documentUrl = 'https://docs.test/x/api/webservices/list') {
  const reading = readDocument({ text: JSON.stringify(document), service: 's', documentUrl, baseUrl: undefined });
  return { head: reading.head, tools: [...reading.tools] };
}

describe('a Postman collection', () => {
  const collection = {
    info: { name: 'Shop', schema },
    variable: [
      { key: 'base', value: 'https://api.shop.test/v1' },
      { key: 'token', value: '' },
    ],
    item: [
      {
        name: 'Orders',
        item: [
          {
            name: 'Get order',
            request: {
              method: 'GET',
              url: {
                raw: '{{base}}/orders/:id?expand=all',
                query: [{ key: 'expand', value: 'all', description: 'What to expand.' }],
                variable: [{ key: 'id', description: 'Number.' }],
              },
              header: [
                { key: 'Authorization', value: 'Bearer {{token}}' },
                { key: 'X-Trace', value: '1' },
                { key: 'User-Agent', value: 'PostmanRuntime' },
              ],
            },
          },
          {
            name: 'New order',
            request: {
              method: 'POST',
              url: '{{base}}/orders',
              body: { mode: 'raw', raw: '{"item":"a","count":{{count}}}', options: { raw: { language: 'json' } } },
            },
          },
          {
            name: 'New order',
            request: {
              method: 'POST',
              url: '{{base}}/orders',
              body: { mode: 'urlencoded', urlencoded: [{ key: 'item' }] },
            },
          },
        ],
      },
      {
        name: 'Upload',
        request: {
          method: 'PUT',
          url: '{{base}}/files/{{file}}',
          body: { mode: 'formdata', formdata: [{ key: 'data', type: 'file' }, { key: 'note' }] },
        },
      },
      { name: 'Elsewhere', request: 'https://other.test/ping' },
    ],
  };
  const { head, tools } = read(collection);
  const tool = (name: string) => {
    const found = tools.find((one) => one.name === name);
    return {
      ...found,
      schema: JSON.parse(found?.inputSchema ?? '{}') as { properties: Record<string, object>; required?: string[] },
    };
  };

  it('becomes tools where its variables lead, by its folders', () => {
    expect(head).toMatchObject({ title: 'Shop', baseUrl: 'https://api.shop.test' });
    expect(tools.map(({ name }) => name).toSorted()).toEqual([
      's_elsewhere',
      's_get_order',
      's_new_order',
      's_new_order_2',
      's_upload',
    ]);
    expect(tool('s_get_order')).toMatchObject({ method: 'GET', path: '/v1/orders/{id}', tags: ['Orders'] });
    expect(tool('s_elsewhere').server).toBe('https://other.test');
  });

  it('asks for what its requests take, and never for credentials', () => {
    const { properties, required } = tool('s_get_order').schema;
    expect(Object.keys(properties).toSorted()).toEqual(['X-Trace', 'expand', 'id']);
    expect(required).toEqual(['id']);
  });

  it('reads bodies of every mode', () => {
    expect(Object.keys(tool('s_new_order').schema.properties).toSorted()).toEqual(['count', 'item']);
    expect(Object.keys(tool('s_new_order_2').schema.properties)).toEqual(['item']);
    expect(Object.keys(tool('s_upload').schema.properties).toSorted()).toEqual(['data', 'file', 'note']);
  });
});

describe('the web services of SonarQube', () => {
  const { head, tools } = read({
    webServices: [
      {
        path: 'api/issues',
        actions: [
          {
            key: 'search',
            description: 'Search for <b>issues</b>',
            params: [
              { key: 'ps', required: false, defaultValue: '100' },
              { key: 'secret', internal: true },
            ],
          },
          { key: 'assign', post: true, params: [{ key: 'issue', required: true }] },
          { key: 'hidden', internal: true },
        ],
      },
    ],
  });

  it('become tools two folders above where the list lies', () => {
    expect(head.baseUrl).toBe('https://docs.test/x');
    expect(tools.map(({ method, path, description }) => [method, path, description.slice(0, 17)])).toEqual([
      ['GET', '/api/issues/search', 'Search for issues'],
      ['POST', '/api/issues/assign', expect.any(String)],
    ]);
  });

  it('ask for public parameters only, as query or form', () => {
    const [search, assign] = tools.map(
      ({ inputSchema }) => JSON.parse(inputSchema) as { properties: object; required?: string[] },
    );
    expect(Object.keys(search?.properties ?? {})).toEqual(['ps']);
    expect(assign?.required).toEqual(['issue']);
    expect(tools[1]?.binding).toContain('application/x-www-form-urlencoded');
  });
});

describe('a plain list of endpoints', () => {
  it.each([
    ['objects', { endpoints: [{ method: 'GET', path: '/a/:id', params: ['id', 'q'] }] }],
    ['names', { routes: { 'GET /a/{id}': { query: { q: 'What to look for.' } } } }],
  ])('of %s becomes tools', (_what, list) => {
    const { tools } = read({ name: 'L', baseUrl: 'https://l.test', ...list });
    expect(tools.map(({ method, path }) => [method, path])).toEqual([['GET', '/a/{id}']]);
    expect(
      Object.keys((JSON.parse(tools[0]?.inputSchema ?? '{}') as { properties: object }).properties).toSorted(),
    ).toEqual(['id', 'q']);
  });
});

describe('anything else', () => {
  it.each([
    ['openapi', { openapi: '3.1.0', endpoints: [{ path: '/a' }] }],
    ['swagger', { swagger: '2.0', item: [] }],
    ['something else', { hello: 1 }],
  ])('%s stays as it is', (_what, document) => {
    expect(convertDescription(document)).toBe(document);
  });

  it('never fails in another way than by saying what is wrong', () => {
    const member = fc.constantFrom(
      'info',
      'item',
      'endpoints',
      'webServices',
      'routes',
      'collection',
      'request',
      'url',
      'path',
      'method',
      'schema',
      'name',
      'params',
      'body',
      'actions',
      'key',
    );
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(schema, '/a/{b}', 'GET', '{{x}}', ':id', '', 7, true, null),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(member, tie('node'), { maxKeys: 5 }),
      ),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(member, value, { maxKeys: 6 }), (document) => {
        const converted = convertDescription({ ...document, collection: undefined, info: { schema, name: 'x' } });
        expect(Object.keys(converted)).toContain('openapi');
        convertDescription(document);
      }),
      { numRuns: 300 },
    );
  });
});
