import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswerBody } from './answer-body.ts';
import { takeOptions, withAnswerOptions } from './call-options.ts';
import { explainStatus } from './explain-status.ts';
import { htmlText } from './html-text.ts';
import { readSelection, selectFields } from './select-fields.ts';
import { shorten } from './shorten.ts';

const refused = expect.objectContaining({ code: 'invalid_request' }) as Error;

describe('selected fields', () => {
  const value = { items: [{ id: 1, owner: { name: 'a', 'x.y': 2 } }, { id: 2 }, 7], total: 3, none: null };
  it.each([
    [['total'], { total: 3 }],
    [['items.id'], { items: [{ id: 1 }, { id: 2 }] }],
    [['items[].owner.name', 'total'], { items: [{ owner: { name: 'a' } }, {}], total: 3 }],
    [['/items/1/id'], { items: [{ id: 2 }] }],
    [['items[0]'], { items: [value.items[0]] }],
    [['/items/0/owner/x.y'], { items: [{ owner: { 'x.y': 2 } }] }],
    [['$.items[*].id'], { items: [{ id: 1 }, { id: 2 }] }],
    [['items[].id', 'items.owner.name'], { items: [{ id: 1, owner: { name: 'a' } }, { id: 2 }] }],
    [['items.id', '/items/0/owner/x.y'], { items: [{ id: 1, owner: { 'x.y': 2 } }, { id: 2 }] }],
    [['items[].*.name', '/items/1/owner/x.y'], { items: [{ owner: { name: 'a' } }, {}] }],
    [['*.id', 'items.name'], { items: [{ id: 1 }, { id: 2 }] }],
    [['items', 'items.id'], { items: value.items }],
    [['items.id', 'items'], { items: value.items }],
    [['none', 'absent', '__proto__'], { none: null }],
  ])('%j', (paths, expected) => {
    expect(selectFields(value, readSelection(paths) ?? true)).toEqual(expected);
  });

  it.each([[['a..b']], [['a.'.repeat(30)]], [Array.from({ length: 51 }, () => 'a')]])('of %j are refused', (paths) => {
    expect(() => readSelection(paths)).toThrow(refused);
  });
});

describe('a shortened answer', () => {
  it('fits, holds nothing that was not there, and says where something is missing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 200, max: 2_000 }), (part, bytes) => {
        const value = { list: Array.from({ length: 300 }, () => part), text: '🙂'.repeat(2_000) };
        const short = shorten(value, bytes);
        if (short === undefined) return;
        expect(Buffer.byteLength(JSON.stringify(short.value))).toBeLessThanOrEqual(bytes);
        expect(JSON.stringify(short.value)).not.toMatch(/\\ud83d(?!\\)/u);
        expect(short.cuts.join('\n')).toMatch(/^list: \d+ of 300 items$/mu);
        expect(short.cuts.length).toBeLessThanOrEqual(21);
      }),
    );
  });

  it('is whole where it fits', () => {
    expect(shorten({ a: [1] }, 100)).toEqual({ value: { a: [1] }, cuts: [] });
  });
});

describe('an error of a service', () => {
  const explained = (status: number, body: unknown, headers: Record<string, string> = {}): string => {
    const type = typeof body === 'string' ? 'text/html' : 'application/json';
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
    const all = new Headers({ 'content-type': type, ...headers });
    return explainStatus({ status, headers: all, body: readAnswerBody({ headers: all, body: bytes }, []) });
  };

  it.each([
    [{ title: 'Bad', detail: 'no such field', status: 400 }, 'HTTP 400: Bad; no such field'],
    [
      { message: 'Validation Failed', errors: [{ field: 'title', message: 'is missing' }] },
      'HTTP 400: Validation Failed; title: is missing',
    ],
    [{ error: { code: 7, message: 'quota' } }, 'HTTP 400: quota'],
    [{ error: 'invalid_grant', error_description: 'expired' }, 'HTTP 400: expired; invalid_grant'],
    [{ errors: { email: ['is taken'] } }, 'HTTP 400: email: is taken'],
    [{ errors: [{ message: 'no field x', path: ['query', 'x'] }] }, 'HTTP 400: query: no field x'],
    [{ errorMessages: ['not visible'], errors: {} }, 'HTTP 400: not visible'],
    [{ 'invalid-params': [{ name: 'age', reason: 'too small' }] }, 'HTTP 400: age: too small'],
  ])('begins with its own words: %j', (body, first) => {
    expect(explained(400, body).split('\n')[0]).toBe(first);
  });

  it.each([
    [401, /did not accept the credential/u, {}],
    [403, /scopes repo, user/u, { 'x-accepted-oauth-scopes': 'repo, user' }],
    [404, /check the ids/u, {}],
    [409, /read the present state/u, {}],
    [422, /mend the fields/u, {}],
    [429, /Retry-After 17/u, { 'retry-after': '17' }],
    [503, /at the service, not in the arguments.*Retry-After 5/u, { 'retry-after': '5' }],
    [302, /leads to https:\/\/elsewhere/u, { location: 'https://elsewhere/' }],
  ])('of status %d says what to do', (status, advice, headers) => {
    expect(explained(status, { message: 'x' }, headers)).toMatch(advice);
  });

  it('is words where it was a page, and bounded', () => {
    const page =
      '<html><head><title>502 Bad Gateway</title><style>p{}</style></head><body><h1>Bad &amp; broken</h1><script>alert(1)</script>&#x1F600;&lt;b&gt;</body>';
    expect(explained(502, page)).toContain('502 Bad Gateway\nBad & broken\n😀<b>');
    expect(explained(502, page)).not.toMatch(/alert|p\{/u);
    expect(explained(500, { x: 'y'.repeat(100_000) }).length).toBeLessThan(6_000);
  });

  it('of any page ends in time', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('<', '>', '<script', '<!--', '-->', '&', '&#', ';', 'a', '</p>', '"'))
          .map((parts) => parts.join('')),
        (html) => {
          expect(typeof htmlText(html)).toBe('string');
        },
      ),
    );
    expect(htmlText('<script>'.repeat(20_000))).toBe('');
    expect(htmlText('<'.repeat(200_000))).toHaveLength(200_000);
    expect(htmlText('<p '.repeat(60_000))).toContain('<p');
  });
});

describe("the platform's own arguments", () => {
  const schema = { type: 'object', properties: { q: {} } };
  it('are taken out, unless the tool has such', () => {
    expect(takeOptions(schema, { arguments: { q: 1, _select: ['a'], _pages: 3 } })).toEqual({
      arguments: { q: 1 },
      select: ['a'],
      pages: 3,
    });
    const own = { type: 'object', properties: { _select: {}, _pages: {} } };
    expect(takeOptions(own, { arguments: { _select: 1, _pages: 'x' } })).toEqual({
      arguments: { _select: 1, _pages: 'x' },
      select: [],
      pages: 1,
    });
    expect(takeOptions(schema, { arguments: {}, select: ['b'], pages: 2 })).toMatchObject({ select: ['b'], pages: 2 });
  });

  it.each([
    { _pages: 0 },
    { _pages: 11 },
    { _pages: 1.5 },
    { _pages: 'x' },
    { _select: [] },
    { _select: [1] },
    { _select: 7 },
  ])('are refused as %j', (given) => {
    expect(() => takeOptions(schema, { arguments: given })).toThrow(refused);
  });

  it('are shown in the schema of a tool that pages, beside its own', () => {
    const { properties } = withAnswerOptions({ ...schema, properties: { q: {}, _pages: { type: 'string' } } });
    expect(properties).toMatchObject({ q: {}, _select: { type: 'array' }, _pages: { type: 'string' } });
  });
});
