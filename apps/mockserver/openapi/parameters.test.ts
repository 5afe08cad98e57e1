import { describe, expect, it } from 'vitest';
import { mockOf, withParameters } from './mock.fixture.ts';

const integers = { type: 'array', items: { type: 'integer' }, maxItems: 2 };
const point = { type: 'object', properties: { x: { type: 'integer' }, y: { type: 'integer' } }, required: ['x'] };

describe('query parameters', () => {
  const cases: readonly [name: string, parameter: object, right: readonly string[], wrong: readonly string[]][] = [
    [
      'integers',
      { schema: { type: 'integer', minimum: 2 } },
      ['p=2'],
      ['p=1', 'p=2.5', 'p=', 'p=a', 'p=02', 'p=2&p=3'],
    ],
    ['booleans', { schema: { type: 'boolean' } }, ['p=true', 'p=false'], ['p=1', 'p=True', 'p=']],
    ['texts of digits', { schema: { type: 'string', pattern: '^0' } }, ['p=007'], ['p=7']],
    ['enumerations', { schema: { enum: ['a', 1] } }, ['p=a', 'p=1'], ['p=b', 'p=2']],
    ['exploded lists', { schema: integers }, ['p=1', 'p=1&p=2'], ['p=1,2', 'p=a', 'p=1&p=2&p=3']],
    ['plain lists', { schema: integers, explode: false }, ['p=1', 'p=1,2'], ['p=1&p=2', 'p=1%2C2', 'p=1|2', 'p=1,2,3']],
    [
      'spaced lists',
      { schema: integers, style: 'spaceDelimited', explode: false },
      ['p=1%202', 'p=1+2'],
      ['p=1,2', 'p=1|2'],
    ],
    ['piped lists', { schema: integers, style: 'pipeDelimited', explode: false }, ['p=1|2', 'p=1%7C2'], ['p=1,2']],
    ['plain objects', { schema: point, explode: false }, ['p=x,1,y,2'], ['p=x,1,y', 'p=x,a', 'p=y,1']],
    ['exploded objects', { schema: point }, ['x=1', 'x=1&y=2'], ['x=a', 'y=1', 'x=1&z=1']],
    [
      'deep objects',
      { schema: { ...point, properties: { ...point.properties, in: point } }, style: 'deepObject' },
      ['p[x]=1', 'p%5Bx%5D=1&p[in][x]=2'],
      ['p[y]=1', 'p[x]=a', 'p[x]=1&p[in][y]=2', 'p[x]=1&pq[y]=2', 'p=1'],
    ],
    [
      'JSON',
      { content: { 'application/json': { schema: point } } },
      ['p=%7B%22x%22:1%7D'],
      ['p={x', 'p={"y":1}', 'p=1'],
    ],
    ['nullable values', { schema: { type: 'integer', nullable: true } }, ['p=null', 'p=1'], ['p=nil']],
    ['empty values', { schema: { type: 'integer' }, allowEmptyValue: true }, ['p=', 'p'], ['p=a']],
    ['dates', { schema: { type: 'string', format: 'date' } }, ['p=2024-02-29'], ['p=2023-02-29']],
  ];
  it.each(cases)('hold %s, as their style writes them', async (_name, parameter, right, wrong) => {
    const call = mockOf(withParameters({ name: 'p', in: 'query', ...parameter }));
    for (const query of right) expect([query, (await call({ query: `?${query}` })).places]).toEqual([query, []]);
    for (const query of wrong) expect([query, (await call({ query: `?${query}` })).status]).toEqual([query, 400]);
  });

  it('must be declared, and given where they are required', async () => {
    const call = mockOf(withParameters({ name: 'p', in: 'query', required: true, schema: {} }));
    expect((await call({})).places).toEqual(['query.p']);
    expect((await call({ query: '?p=1&q=2' })).places).toEqual(['query.q']);
    expect((await call({ query: '?p=a%26b%3Dc' })).status).toBe(200);
  });

  it('are judged one by one where exploded objects stand beside others', async () => {
    const open = { type: 'object', additionalProperties: { type: 'integer' } };
    const call = mockOf(
      withParameters({ name: 'p', in: 'query', schema: open }, { name: 'q', in: 'query', schema: {} }),
    );
    expect((await call({ query: '?a=1&b=2&q=text' })).places).toEqual([]);
    expect((await call({ query: '?a=text&q=text' })).places).toEqual(['query.p.a']);
  });

  it('are one value in OpenAPI 3.2, where the whole query is declared', async () => {
    const content = { 'application/json': { schema: point } };
    const call = mockOf(withParameters({ name: 'q', in: 'querystring', required: true, content }), {
      openapi: '3.2.0',
    });
    expect((await call({ query: '?%7B%22x%22%3A1%7D' })).status).toBe(200);
    expect((await call({ query: '?%7B%22y%22%3A1%7D' })).status).toBe(400);
    expect((await call({})).places).toEqual(['query']);
  });
});

describe('path parameters', () => {
  const cases: readonly [name: string, parameter: object, right: readonly string[], wrong: readonly string[]][] = [
    ['a simple text', { schema: { type: 'string' } }, ['a', 'a%2Fb', 'a,b'], []],
    ['a simple list', { schema: integers }, ['1,2'], ['1.2', '1%2C2', '1,a']],
    ['a simple object', { schema: point }, ['x,1,y,2'], ['x=1,y=2', 'y,1']],
    ['a simple exploded object', { schema: point, explode: true }, ['x=1,y=2'], ['x,1,y,2']],
    ['a label', { schema: { type: 'integer' }, style: 'label' }, ['.5'], ['5', ';p=5']],
    ['a label list', { schema: integers, style: 'label' }, ['.1,2'], ['.1.2', '1,2']],
    ['an exploded label list', { schema: integers, style: 'label', explode: true }, ['.1.2'], ['.1,2']],
    ['a matrix value', { schema: { type: 'integer' }, style: 'matrix' }, [';p=5'], ['5', ';q=5', 'p=5']],
    ['a matrix list', { schema: integers, style: 'matrix' }, [';p=1,2'], [';p=1;p=2']],
    ['an exploded matrix list', { schema: integers, style: 'matrix', explode: true }, [';p=1;p=2'], [';p=1,2']],
    ['an exploded matrix object', { schema: point, style: 'matrix', explode: true }, [';x=1;y=2'], [';p=x,1']],
  ];
  it.each(cases)('hold %s', async (_name, parameter, right, wrong) => {
    const parameters = [{ name: 'p', in: 'path', required: true, ...parameter }];
    const call = mockOf({ '/a/{p}/c': { get: { parameters, responses: {} } } });
    for (const text of right) expect([text, (await call({ path: `/a/${text}/c` })).places]).toEqual([text, []]);
    for (const text of wrong) expect([text, (await call({ path: `/a/${text}/c` })).status]).toEqual([text, 400]);
  });

  it('lead to the most concrete path, and never across a slash', async () => {
    const named = (name: string) => ({ get: { responses: { 200: { content: { 'text/plain': { example: name } } } } } });
    const call = mockOf({
      '/a/{p}': named('named'),
      '/a/{p}.{q}': named('partly'),
      '/a/b': named('concrete'),
      '/{p}/b': named('first'),
    });
    const paths = ['/a/x', '/a/x.y', '/a/b', '/z/b'];
    const said = await Promise.all(paths.map(async (path) => (await call({ path })).body));
    expect(said).toEqual(['named', 'partly', 'concrete', 'first']);
    expect((await call({ path: '/a/x/y' })).status).toBe(404);
    expect((await call({ path: '/a/' })).status).toBe(404);
    const wrong = await call({ path: '/a/b', method: 'PUT' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('have names with any letters but braces', async () => {
    const call = mockOf({ '/t/{a ? b # c}/d': { get: { responses: { 200: {} } } } });
    expect((await call({ path: '/t/1/d' })).status).toBe(200);
    expect((await call({ path: '/t/1' })).status).toBe(404);
  });

  it('tell operations apart that differ by their query or fragment', async () => {
    const parameters = [{ name: 'n', in: 'query', required: true, schema: { type: 'integer' } }];
    const call = mockOf({
      '/t?kind=a': { get: { parameters, responses: { 200: {} } } },
      '/t#other': { post: { responses: { 201: {} } } },
    });
    expect((await call({ path: '/t', query: '?kind=a&n=1' })).status).toBe(200);
    expect((await call({ path: '/t', query: '?n=1' })).status).toBe(405);
    expect((await call({ path: '/t', method: 'POST' })).status).toBe(201);
  });
});

describe('headers and cookies', () => {
  it('are held against their schemas, whatever the case of the name', async () => {
    const call = mockOf(withParameters({ name: 'X-Ids', in: 'header', required: true, schema: integers }));
    expect((await call({ headers: { 'x-ids': '1,2' } })).status).toBe(200);
    expect((await call({ headers: { 'X-IDS': 'a' } })).places).toEqual(['header.X-Ids.0']);
    expect((await call({})).places).toEqual(['header.X-Ids']);
  });

  it('hold texts as they are', async () => {
    const call = mockOf(withParameters({ name: 'x', in: 'header', schema: { type: 'string', pattern: '^50% ü$' } }));
    expect((await call({ headers: { x: '50% ü' } })).status).toBe(200);
    expect((await call({ headers: { x: '50%25 ü' } })).status).toBe(400);
  });

  it('ignore parameters that the credential, the body and the answer decide', async () => {
    const call = mockOf(
      withParameters(
        { name: 'Authorization', in: 'header', required: true },
        { name: 'Accept', in: 'header', required: true },
      ),
    );
    expect((await call({})).status).toBe(200);
  });

  it('take cookies of others for somebody else’s', async () => {
    const call = mockOf(withParameters({ name: 'n', in: 'cookie', required: true, schema: { type: 'integer' } }));
    expect((await call({ headers: { cookie: 'theme=dark; n=5' } })).status).toBe(200);
    expect((await call({ headers: { cookie: 'n=a' } })).places).toEqual(['cookie.n']);
    expect((await call({ headers: { cookie: 'm=5' } })).places).toEqual(['cookie.n']);
  });
});

describe('documents of Swagger 2', () => {
  const swagger = { swagger: '2.0' };
  const cases: readonly [format: string, right: string, wrong: string][] = [
    ['csv', 'p=1,2', 'p=1|2'],
    ['csv', 'p=1%2C2', 'p=1&p=2'],
    ['ssv', 'p=1%202', 'p=1,2'],
    ['tsv', 'p=1%092', 'p=1,2'],
    ['pipes', 'p=1|2', 'p=1,2'],
    ['multi', 'p=1&p=2', 'p=1,2'],
  ];
  it.each(cases)('write lists as %s', async (collectionFormat, right, wrong) => {
    const parameter = { name: 'p', in: 'query', type: 'array', items: { type: 'integer' }, collectionFormat };
    const call = mockOf(withParameters(parameter), swagger);
    expect((await call({ query: `?${right}` })).places).toEqual([]);
    expect((await call({ query: `?${wrong}` })).status).toBe(400);
  });

  it('have bodies, forms and files', async () => {
    const call = mockOf(
      {
        '/json': {
          post: {
            parameters: [{ in: 'body', name: 'b', required: true, schema: { type: 'object', required: ['a'] } }],
          },
        },
        '/form': { post: { parameters: [{ in: 'formData', name: 'n', required: true, type: 'integer' }] } },
        '/file': {
          post: { parameters: [{ in: 'formData', name: 'f', type: 'file' }], consumes: ['multipart/form-data'] },
        },
      },
      swagger,
    );
    const post = (path: string, type: string, body: string) =>
      call({ method: 'POST', path, headers: { 'content-type': type }, body });
    expect((await post('/json', 'application/json', '{"a":1}')).status).toBe(200);
    expect((await post('/json', 'application/json', '{}')).places).toEqual(['body.a']);
    expect((await post('/form', 'application/x-www-form-urlencoded', 'n=5')).status).toBe(200);
    expect((await post('/form', 'application/x-www-form-urlencoded', 'n=a')).places).toEqual(['body.n']);
    expect((await post('/form', 'application/x-www-form-urlencoded', 'n=5&m=1')).places).toEqual(['body.m']);
    expect((await post('/file', 'application/x-www-form-urlencoded', 'f=5')).places).toEqual(['header.content-type']);
  });
});
