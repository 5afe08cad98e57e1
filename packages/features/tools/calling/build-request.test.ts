import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymous, authorize } from '../credentials/credential.ts';
import { Secret } from '@devmesh/foundation';
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

describe('the path of a call', () => {
  const id = parameter({ name: 'id', in: 'path' });
  const harmless = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !text.split(/[/\\]/u).some((part) => part === '.' || part === '..'));

  it('holds any value as one segment that decodes to it', () => {
    fc.assert(
      fc.property(harmless, (value) => {
        const url = new URL(build([id], { id: value }, '/things/{id}/parts').url);
        const segments = url.pathname.split('/');
        expect(segments).toHaveLength(5);
        expect(decodeURIComponent(segments[3] ?? '')).toBe(value);
        expect([url.origin, segments[2], segments[4]]).toEqual(['https://api.example.com', 'things', 'parts']);
      }),
    );
  });

  it.each(['', '.', '..', '../admin', 'a/../../admin', '..\\admin', 'a/.'])('refuses %j', (value) => {
    expect(() => build([id], { id: value }, '/things/{id}')).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        issues: [expect.objectContaining({ path: 'body.arguments.id' })],
      }),
    );
  });

  it('refuses values that only together make a step up', () => {
    const pair = [parameter({ name: 'a', in: 'path' }), parameter({ name: 'b', in: 'path' })];
    expect(() => build(pair, { a: '%2e', b: 'x' }, '/{a}{b}')).not.toThrow();
    expect(() => build([id], { id: '%2e%2e' }, '/things/{id}')).not.toThrow();
    expect(new URL(build([id], { id: '%2e%2e' }, '/things/{id}').url).pathname).toBe('/v1/things/%252e%252e');
  });

  it.each([
    ['simple', false, [3, 4], '/things/3,4'],
    ['label', true, [3, 4], '/things/.3.4'],
    ['matrix', true, [3, 4], '/things/;id=3;id=4'],
    ['matrix', false, { a: 1 }, '/things/;id=a,1'],
  ])('follows style %s, explode %s', (style, explode, value, expected) => {
    const url = build([parameter({ name: 'id', in: 'path', style, explode })], { id: value }, '/things/{id}').url;
    expect(url).toBe(`https://api.example.com/v1${expected}`);
  });
});

describe('the query of a call', () => {
  const queryOf = (part: Partial<ParameterBinding>, value: unknown): string =>
    decodeURIComponent(new URL(build([parameter({ name: 'q', in: 'query', ...part })], { q: value }).url).search);

  it.each([
    ['lists explode', {}, ['a', 'b'], '?q=a&q=b'],
    ['lists join where they do not explode', { explode: false }, ['a', 'b'], '?q=a,b'],
    ['lists join by the pipe of their style', { explode: false, style: 'pipeDelimited' }, ['a', 'b'], '?q=a|b'],
    ['objects nest in deepObject', { style: 'deepObject' }, { a: 1, b: { c: [2, 3] } }, '?q[a]=1&q[b][c]=2&q[b][c]=3'],
    ['objects explode', {}, { a: 1, b: true }, '?a=1&b=true'],
    ['objects join where they do not explode', { explode: false }, { a: 1, b: 2 }, '?q=a,1,b,2'],
    ['content-typed values are JSON', { json: true as const }, { a: [1] }, '?q={"a":[1]}'],
    ['null is said', {}, null, '?q=null'],
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

  it('keeps the query of the path template', () => {
    expect(build([parameter({ name: 'q', in: 'query' })], { q: 1 }, '/things?action=list#x').url).toBe(
      'https://api.example.com/v1/things?action=list&q=1',
    );
  });
});

describe('the headers of a call', () => {
  it.each(['a\r\nx-admin: 1', 'a\nb', 'a\0b', 'наш'])('refuse %j', (value) => {
    expect(() => build([parameter({ name: 'x-trace', in: 'header' })], { 'x-trace': value })).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
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
    const authorization = authorize(
      { kind: 'apiKey', location: 'header', locationName: 'X-Key' },
      new Secret(JSON.stringify({ value: 'the-true-key' })),
    );
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
