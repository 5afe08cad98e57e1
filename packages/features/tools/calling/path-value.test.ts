import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymous } from '../credentials/credential.ts';
import type { ParameterBinding } from './binding.ts';
import { buildRequest } from './build-request.ts';
import { pathObjection } from './path-value.ts';

/** What a server or a proxy in front of it could read as another path. */
const pathTricks = [
  '',
  '.',
  '..',
  './',
  '../',
  '../admin',
  'a/../../admin',
  'a/..',
  'a/.',
  '/..',
  '/../',
  '..\\admin',
  '..\\',
  'a\\b',
  '\\\\evil.example\\share',
  '%2e',
  '%2e%2e',
  '%2E%2e',
  '.%2e',
  '%2e.',
  '%2e%2e%2f',
  '%2e%2e/admin',
  '..%2fadmin',
  '..%2Fadmin',
  'a%2f..%2fadmin',
  '%2fadmin',
  'a%2Fb',
  '..%5cadmin',
  'a%5Cb',
  '%5c..',
  '%252e%252e',
  '%252e%252e%252f',
  '%252fadmin',
  '%25252e%25252e',
  '%2525252fadmin',
  '%2525252525252e',
  '..;',
  '..;/admin',
  '..;x=1/admin',
  '.;/',
  '%2e%2e;',
  '..%3b/',
  'a/..;b/',
  '\0',
  'a\0b',
  '%00',
  'a%00.json',
  '%2500',
  '..\t',
  '.\n.',
  '\r',
  'a\r\nHost: evil.example',
  '\u007F',
  '%c0%ae%c0%ae',
  '%c0%af',
  '%C1%9C',
  '%e0%80%ae',
  '%u002e%u002e',
  '%u002f',
  '%U005C',
];

const attempt = <Result>(work: () => Result): Result | undefined => {
  try {
    return work();
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_request' });
    return undefined;
  }
};

const parameter = (part: Partial<ParameterBinding>): ParameterBinding => ({
  argument: part.name ?? 'id',
  name: 'id',
  in: 'path',
  style: 'simple',
  explode: false,
  ...part,
});

const build = (parameters: ParameterBinding[], values: Record<string, unknown>, path: string) =>
  buildRequest(
    { method: 'GET', path, server: 'https://api.example.com/v1', binding: { parameters } },
    values,
    anonymous,
  );

describe('the path of a call', () => {
  const id = parameter({ name: 'id' });
  const harmless = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => pathObjection(text) === undefined);

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

  it.each(pathTricks)('refuses %j', (value) => {
    expect(() => build([id], { id: value }, '/things/{id}')).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        issues: [expect.objectContaining({ path: 'body.arguments.id' })],
      }),
    );
  });

  it.each([
    'group/project',
    '100%',
    '50%25',
    'a.b',
    '...',
    '.env',
    'v1..v2',
    'a;b',
    '@me',
    'file name',
    '~',
    '{x}',
    '%41',
  ])('takes %j, which leads nowhere else', (value) => {
    const { pathname } = new URL(build([id], { id: value }, '/things/{id}').url);
    expect(decodeURIComponent(pathname.split('/').at(-1) ?? '')).toBe(value);
  });

  it('refuses values that only together make a step up', () => {
    const pair = [parameter({ name: 'a', style: 'label' }), parameter({ name: 'b' })];
    expect(() => build(pair, { a: '', b: '.' }, '/{a}{b}/x')).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    const label = [parameter({ name: 'a', style: 'label', explode: true })];
    expect(() => build(label, { a: ['', ''] }, '/x{a}')).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(() => build(label, { a: [';x'] }, '/{a}')).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('stays at host and template, whatever the arguments [tools.path-safe]', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...pathTricks),
      fc
        .array(fc.constantFrom('.', '/', '\\', '%2e', '%2F', '%', '25', '2f', ';', '?', '#', '@', 'a', '\0', ':'))
        .map((parts) => parts.join('')),
    );
    const value = fc.oneof(anything, fc.array(anything), fc.dictionary(anything, anything));
    const shape = fc.record({
      style: fc.constantFrom('simple', 'label', 'matrix'),
      explode: fc.boolean(),
      template: fc.constantFrom('/a/{id}/b', '/a/{id}', '/{id}/b', '/a/x{id}/b', '/a/{id}.json/b'),
    });
    fc.assert(
      fc.property(shape, value, ({ style, explode, template }, given) => {
        const built = attempt(() => build([parameter({ name: 'id', style, explode })], { id: given }, template));
        if (built === undefined) return;
        const url = new URL(built.url);
        expect(url.origin).toBe('https://api.example.com');
        expect([url.search, url.hash, url.username]).toEqual(['', '', '']);
        const expected = `/v1${template}`.split('/');
        const segments = url.pathname.split('/');
        expect(segments).toHaveLength(expected.length);
        const filled = segments.filter((_segment, index) => expected[index]?.includes('{') === true);
        const fixed = (list: readonly string[]): readonly string[] =>
          list.filter((_segment, index) => expected[index]?.includes('{') !== true);
        expect(fixed(segments)).toEqual(fixed(expected));
        expect(filled.join(' ')).not.toMatch(/(?:^| )(?:\.|%2e){1,2}(?:;|%3b|$)/iu);
        for (let read = url.pathname, round = 0; round < 4; round += 1) {
          read = read.replaceAll(/%[0-7][0-9a-f]/giu, decodeURIComponent);
          expect(new URL(`http://h${read.replaceAll(/[?#]/gu, '_')}`).pathname.startsWith('/v1/')).toBe(true);
          expect(read).not.toMatch(/\\|\0|\/\.\.?(?:\/|;|$)/u);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['simple', false, [3, 4], '/things/3,4'],
    ['label', true, [3, 4], '/things/.3.4'],
    ['matrix', true, [3, 4], '/things/;id=3;id=4'],
    ['matrix', false, { a: 1 }, '/things/;id=a,1'],
  ])('follows style %s, explode %s', (style, explode, value, expected) => {
    const url = build([parameter({ name: 'id', style, explode })], { id: value }, '/things/{id}').url;
    expect(url).toBe(`https://api.example.com/v1${expected}`);
  });
});
