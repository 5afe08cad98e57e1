import { describe, expect, it } from 'vitest';
import { createMock } from './mock.ts';
import { mockOf } from './mock.fixture.ts';

const schemes = {
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  query: { type: 'apiKey', in: 'query', name: 'key' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'sid' },
  basic: { type: 'http', scheme: 'basic' },
  bearer: { type: 'http', scheme: 'Bearer' },
  oauth: { type: 'oauth2', flows: {} },
  certificate: { type: 'mutualTLS' },
};

describe('security', () => {
  const secured = (security: object[], top: object[] = []) =>
    mockOf(
      { '/x': { get: { security, responses: {} } }, '/y': { get: { responses: {} } } },
      { openapi: '3.1.0', components: { securitySchemes: schemes }, security: top },
    );
  const basic = `Basic ${Buffer.from('a:b').toString('base64')}`;

  it.each<[scheme: string, given: object, wrong: object]>([
    ['key', { headers: { 'x-key': '1' } }, { query: '?key=1' }],
    ['query', { query: '?key=1' }, { headers: { key: '1' } }],
    ['cookie', { headers: { cookie: 'sid=1' } }, { headers: { sid: '1' } }],
    ['basic', { headers: { authorization: basic } }, { headers: { authorization: 'Basic ab' } }],
    ['bearer', { headers: { authorization: 'bearer t' } }, { headers: { authorization: basic } }],
    ['oauth', { headers: { authorization: 'Bearer t' } }, { headers: { authorization: 'Bearer ' } }],
  ])('%s must be where the document says', async (scheme, given, wrong) => {
    const call = secured([{ [scheme]: [] }]);
    expect((await call(given)).status).toBe(200);
    expect((await call({})).status).toBe(401);
    expect((await call(wrong)).status).not.toBe(200);
  });

  it('takes one of the alternatives, and all of one', async () => {
    const call = secured([{ key: [], query: [] }, { bearer: [] }]);
    expect((await call({ headers: { 'x-key': '1' } })).status).toBe(401);
    expect((await call({ headers: { 'x-key': '1' }, query: '?key=1' })).status).toBe(200);
    expect((await call({ headers: { authorization: 'Bearer t' } })).status).toBe(200);
    expect((await secured([{ key: [] }, {}])({})).status).toBe(200);
    // There is one `Authorization` for both.
    const rivals = secured([{ basic: [], oauth: [], key: [] }]);
    expect((await rivals({ headers: { authorization: basic, 'x-key': '1' } })).status).toBe(200);
    expect((await rivals({ headers: { authorization: basic } })).status).toBe(401);
    expect((await rivals({ headers: { 'x-key': '1' } })).status).toBe(401);
    expect((await secured([{ certificate: [] }])({})).status).toBe(200);
  });

  it('is that of the document where the operation has none of its own', async () => {
    const call = secured([], [{ key: [] }]);
    expect((await call({})).status).toBe(200);
    expect((await call({ path: '/y' })).status).toBe(401);
  });
});

describe('answers', () => {
  const pet = {
    type: 'object',
    required: ['id', 'secret'],
    properties: {
      id: { type: 'integer', minimum: 5 },
      secret: { type: 'string', writeOnly: true },
      kind: { type: 'string', enum: ['cat', 'dog'] },
      next: { $ref: '#/components/schemas/Pet' },
    },
  };
  const responses = {
    202: {},
    404: { content: { 'application/json': { example: { gone: true } } } },
    201: {
      headers: { 'X-Left': { schema: { type: 'integer', example: 7 } }, Location: { example: 'https://example.com/' } },
      content: {
        'text/csv': { example: 'a,b' },
        'application/json': {
          schema: { $ref: '#/components/schemas/Pet' },
          examples: { cat: { value: { id: 5 } }, dog: { value: { id: 6 } } },
        },
      },
    },
  };
  const rest = { openapi: '3.0.3', components: { schemas: { Pet: pet } } };
  const call = mockOf({ '/x': { get: { responses } } }, rest);
  const prefer = (preference: string, more: Record<string, string> = {}) =>
    call({ headers: { prefer: preference, ...more } });

  it('are the first success, from its first example', async () => {
    const said = await call({});
    expect([said.status, said.body, said.headers.get('x-left')]).toEqual([201, '{"id":5}', '7']);
    expect(said.headers.get('location')).toBeNull();
  });

  it('are chosen by the Prefer header', async () => {
    expect((await prefer('example=dog')).body).toBe('{"id":6}');
    const gone = await prefer('code=404');
    expect([gone.status, gone.body]).toEqual([404, '{"gone":true}']);
    expect((await prefer('code=500')).status).toBe(404);
    expect((await prefer('example=cow')).status).toBe(404);
  });

  it('are made up from the schema, the same for the same seed', async () => {
    const made = JSON.parse((await prefer('seed=3')).body) as Record<string, unknown>;
    expect(made['id']).toBeGreaterThanOrEqual(5);
    expect(made).not.toHaveProperty('secret');
    expect(['cat', 'dog']).toContain(made['kind']);
    expect((await prefer('seed=3')).body).toBe((await prefer('seed=3')).body);
    expect((await prefer('seed=4')).body).not.toBe((await prefer('seed=3')).body);
  });

  it('have the media type that the client likes best', async () => {
    const accept = async (types: string) => {
      const said = await call({ headers: { accept: types } });
      return said.status === 201 ? said.headers.get('content-type') : said.status;
    };
    expect(await accept('text/*')).toBe('text/csv');
    expect(await accept('text/csv;q=0.5, application/json;q=0.9')).toBe('application/json');
    expect(await accept('*/*')).toBe('application/json');
    expect(await accept('image/png')).toBe(406);
    expect(await accept('application/json;q=0')).toBe(406);
  });

  it('of broken operations say why, while the others are served', async () => {
    const mixed = mockOf({
      '/x': { get: { parameters: [{ $ref: '#/nowhere' }] }, put: { responses: {} } },
      '/y': { $ref: 'other.json#/y' },
    });
    expect((await mixed({})).status).toBe(501);
    expect((await mixed({ method: 'PUT' })).status).toBe(200);
  });

  it('refuse what is no document', () => {
    for (const text of ['', 'a: [', '[]', '<html>']) expect(() => createMock(text)).toThrow(/document/u);
    expect(() => createMock('{"openapi":"4.0"}')).toThrow('no other documents are served');
    expect(createMock('openapi: 3.1.0\ninfo: {title: Shop}\npaths: {/a: {get: {}}}').operations).toHaveLength(1);
  });
});
