import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymous, keyAt } from '../credentials/credential.ts';
import type { ParameterBinding } from './binding.ts';
import { buildRequest } from './build-request.ts';

const parameter = (part: Partial<ParameterBinding> & Pick<ParameterBinding, 'name' | 'in'>): ParameterBinding => ({
  argument: part.name,
  style: part.in === 'query' || part.in === 'cookie' ? 'form' : 'simple',
  explode: part.in === 'query' || part.in === 'cookie',
  ...part,
});

const build = (parameters: ParameterBinding[], values: Record<string, unknown>, path = '/things') =>
  buildRequest(
    { method: 'GET', path, server: 'https://api.example.com/v1', binding: { parameters } },
    values,
    anonymous,
  );

describe('the query of a call', () => {
  const queryOf = (part: Partial<ParameterBinding>, value: unknown): string =>
    decodeURIComponent(new URL(build([parameter({ name: 'q', in: 'query', ...part })], { q: value }).url).search);

  it.each([
    ['lists explode', {}, ['a', 'b'], '?q=a&q=b'],
    ['lists join where they do not explode', { explode: false }, ['a', 'b'], '?q=a,b'],
    ['lists join by the pipe of their style', { explode: false, style: 'pipeDelimited' }, ['a', 'b'], '?q=a|b'],
    [
      'objects nest in deepObject',
      { style: 'deepObject' },
      { a: 1, b: { c: [2, 3] } },
      '?q[a]=1&q[b][c][]=2&q[b][c][]=3',
    ],
    ['lists in deepObject say so', { style: 'deepObject' }, [1, 2], '?q[]=1&q[]=2'],
    [
      'objects of a list in deepObject stay apart',
      { style: 'deepObject' },
      [{ a: 1, b: 2 }, { a: 3 }],
      '?q[0][a]=1&q[0][b]=2&q[1][a]=3',
    ],
    ['lists join by tabs for tsv', { explode: false, style: 'tabDelimited' }, ['a', 'b'], '?q=a\tb'],
    ['an empty text is sent', {}, '', '?q='],
    ['an empty list is not', {}, [], ''],
    ['nor one that does not explode', { explode: false }, [], ''],
    ['an empty list is the bare name where that says something', { allowEmptyValue: true as const }, [], '?q='],
    ['null members are left out', { explode: false }, { a: null, b: 2 }, '?q=b,2'],
    ['null items are left out', {}, [null, 1], '?q=1'],
    ['other content is text', { mediaType: 'text/plain' }, 'a=b', '?q=a=b'],
    ['JSON by its media type too', { mediaType: 'application/vnd.x+json; charset=utf-8' }, 'x', '?q="x"'],
    ['objects explode', {}, { a: 1, b: true }, '?a=1&b=true'],
    ['objects join where they do not explode', { explode: false }, { a: 1, b: 2 }, '?q=a,1,b,2'],
    ['content-typed values are JSON', { json: true as const }, { a: [1] }, '?q={"a":[1]}'],
    ['null is nothing', {}, null, ''],
  ])('%s', (_what, part, value, expected) => {
    expect(queryOf(part, value)).toBe(expected);
  });

  it('round-trips any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const url = new URL(build([parameter({ name: 'q', in: 'query' })], { q: text }).url);
        expect(url.searchParams.getAll('q')).toEqual([text]);
        expect([url.origin, url.pathname]).toEqual(['https://api.example.com', '/v1/things']);
      }),
    );
  });

  it('keeps what is reserved where a parameter allows it, and never what would end the value', () => {
    const value = "a:/?@!$'()*,=b%2F&c;d#e+f[g]% %zz";
    const { url } = build([parameter({ name: 'q', in: 'query', allowReserved: true })], { q: value });
    expect(url.split('?q=')[1]).toBe('a:/?@!$%27()*,=b%2F%26c%3Bd%23e%2Bf%5Bg%5D%25%20%25zz');
  });

  it('leaves nothing as it is but letters, digits and -._~', () => {
    const { url } = build([parameter({ name: 'q', in: 'query' })], { q: "aZ9-._~!$&'()*+,/:;=?@[]#% " });
    expect(url.split('?q=')[1]).toBe('aZ9-._~%21%24%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D%23%25%20');
  });

  it('is the whole value of a querystring parameter', () => {
    const whole = (part: Partial<ParameterBinding>, value: unknown): string =>
      new URL(build([parameter({ name: 'q', in: 'querystring', ...part })], { q: value }).url).search;
    expect(whole({ mediaType: 'application/x-www-form-urlencoded' }, { a: 'x y&z', b: [1, 2] })).toBe(
      '?a=x%20y%26z&b=1&b=2',
    );
    expect(decodeURIComponent(whole({ json: true }, { a: [1] }))).toBe('?{"a":[1]}');
  });

  it.each(['spaceDelimited', 'pipeDelimited', 'tabDelimited'])(
    'of style %s takes no item with its separator',
    (style) => {
      const separator = { spaceDelimited: ' ', pipeDelimited: '|', tabDelimited: '\t' }[style] ?? '';
      const q = parameter({ name: 'q', in: 'query', style, explode: false });
      expect(() => build([q], { q: [`a${separator}b`, 'c'] })).toThrowError(
        expect.objectContaining({
          code: 'invalid_request',
          issues: [expect.objectContaining({ path: 'body.arguments.q' })],
        }),
      );
    },
  );

  it('refuses half a character', () => {
    expect(() => build([parameter({ name: 'q', in: 'query' })], { q: 'a\uD800' })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('lets no argument stand in for the credential', () => {
    const authorization = { headers: {}, query: [['api key', 'true']] as const, traces: [] };
    const template = { method: 'GET', path: '/', server: 'https://api.example.com' };
    const parameters = [
      parameter({ name: 'q', in: 'query' }),
      parameter({ name: 'w', in: 'querystring', mediaType: 'application/x-www-form-urlencoded' }),
    ];
    const { url } = buildRequest(
      { ...template, binding: { parameters } },
      { q: { 'api key': 'guess', a: 1 }, w: { 'api key': 'guess' } },
      authorization,
    );
    expect(new URL(url).searchParams.getAll('api key')).toEqual(['true']);
    expect(new URL(url).searchParams.get('a')).toBe('1');
  });

  it('is bounded', () => {
    expect(() => build([parameter({ name: 'q', in: 'query' })], { q: 'x'.repeat(40_000) })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('keeps the query of the path template', () => {
    expect(build([parameter({ name: 'q', in: 'query' })], { q: 1 }, '/things?action=list#x').url).toBe(
      'https://api.example.com/v1/things?action=list&q=1',
    );
  });
});

describe('the headers of a call', () => {
  it.each(['a\r\nx-admin: 1', 'a\nb', 'a\0b', 'a\u001Fb', 'a\u007Fb', 'наш'])('refuse %j', (value) => {
    expect(() => build([parameter({ name: 'x-trace', in: 'header' })], { 'x-trace': value })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('are bounded', () => {
    expect(() => build([parameter({ name: 'x-trace', in: 'header' })], { 'x-trace': 'x'.repeat(8_193) })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(() => build([parameter({ name: 'c', in: 'cookie' })], { c: 'x'.repeat(8_193) })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('never frame the message', () => {
    const values = { 'Transfer-Encoding': 'chunked', Host: 'evil.example' };
    const parameters = Object.keys(values).map((name) => parameter({ name, in: 'header' }));
    expect(Object.keys(build(parameters, values).headers)).toEqual(['accept']);
  });

  it.each([
    ['simple', false, { a: 1, b: 2 }, 'a,1,b,2'],
    ['simple', true, { a: 1, b: 2 }, 'a=1,b=2'],
    ['simple', false, [true, null, 'x'], 'true,x'],
  ])('follow style %s, explode %s', (style, explode, value, expected) => {
    expect(build([parameter({ name: 'x', in: 'header', style, explode })], { x: value }).headers['x']).toBe(expected);
  });

  it('hold cookies by their style', () => {
    const cookie = (part: Partial<ParameterBinding>, value: unknown): string | undefined =>
      build([parameter({ name: 'c', in: 'cookie', ...part })], { c: value }).headers['cookie'];
    expect(cookie({}, [1, 2])).toBe('c=1; c=2');
    expect(cookie({ explode: false }, { a: 1, b: 'x;y' })).toBe('c=a,1,b,x%3By');
    expect(cookie({ style: 'cookie' }, 'a/b+c')).toBe('c=a/b+c');
    expect(() => cookie({ style: 'cookie' }, 'a; admin=1')).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('keep the cookie of the credential beside those of arguments', () => {
    const binding = {
      parameters: [parameter({ name: 'session', in: 'cookie' }), parameter({ name: 'theme', in: 'cookie' })],
    };
    const template = { method: 'GET', path: '/', server: 'https://api.example.com', binding };
    const authorization = { ...anonymous, headers: { cookie: 'session=true' } };
    const { headers } = buildRequest(template, { session: 'guess', theme: 'dark' }, authorization);
    expect(headers['cookie']).toBe('theme=dark; session=true');
  });

  it('carry header and cookie arguments, and only given ones', () => {
    const parameters = [
      parameter({ name: 'X-Trace', in: 'header' }),
      parameter({ name: 'session', in: 'cookie' }),
      parameter({ name: 'X-Absent', in: 'header' }),
    ];
    const { headers } = build(parameters, { 'X-Trace': [1, 2], session: 'a; b=c' });
    expect(headers).toMatchObject({ 'x-trace': '1,2', cookie: 'session=a%3B%20b%3Dc' });
    expect(headers).not.toHaveProperty('x-absent');
  });

  it('let no argument stand in for the credential', () => {
    const authorization = keyAt('header', 'X-Key', 'the-true-key');
    const binding = { parameters: [parameter({ name: 'x-key', in: 'header' })] };
    const template = { method: 'GET', path: '/', server: 'https://api.example.com', binding };
    expect(buildRequest(template, { 'x-key': 'guess' }, authorization).headers['x-key']).toBe('the-true-key');
  });
});

describe('the body of a call', () => {
  const send = (body: Parameters<typeof buildRequest>[0]['binding']['body'], values: Record<string, unknown>) =>
    buildRequest(
      {
        method: 'POST',
        path: '/',
        server: 'https://api.example.com',
        binding: { parameters: [], ...(body && { body }) },
      },
      values,
      anonymous,
    );

  it('is made of the arguments under the names of the service', () => {
    const built = send(
      { mediaType: 'application/json', properties: { first_name: 'first name', age: 'age' } },
      {
        first_name: 'Ada',
        other: 1,
      },
    );
    expect(built.body).toBe('{"first name":"Ada"}');
    expect(built.headers['content-type']).toBe('application/json');
  });

  it('is absent where its one argument is absent', () => {
    const built = send({ mediaType: 'application/json', argument: 'body' }, {});
    expect(built).not.toHaveProperty('body');
    expect(built.headers).not.toHaveProperty('content-type');
  });
});
