import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymous } from '../credentials/credential.ts';
import type { ParameterBinding } from './binding.ts';
import { buildRequest } from './build-request.ts';

type Members = Record<string, string>;
type Value = string | readonly string[] | Members;
type Kind = 'text' | 'list' | 'object';

/** What separates things in addresses must not be rare in them. */
const character = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  fc.constantFrom(...'&=+#?;,: @!|'.split('')),
);
const text = fc.string({ unit: character, minLength: 1, maxLength: 12 });
const harmless = text.filter((part) => !/[\\/%.;]|\p{Cc}/u.test(part));
const key = harmless.filter((part) => part !== '__proto__');
const latin = fc
  .stringMatching(/^[A-Za-z0-9 !-+.:-~]{1,12}$/u)
  .filter((part) => !/[,=]/u.test(part) && part.trim() === part);

const valueOf = (part: fc.Arbitrary<string>, keys = key) => ({
  text: part,
  list: fc.array(part, { minLength: 1, maxLength: 4 }),
  object: fc.dictionary(keys, part, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
});

const send = (place: Pick<ParameterBinding, 'in' | 'style' | 'explode'>, value: unknown) =>
  buildRequest(
    {
      method: 'GET',
      path: place.in === 'path' ? '/before/{p}/after' : '/before',
      server: 'https://api.example.com',
      binding: { parameters: [{ argument: 'p', name: 'p', ...place }] },
    },
    { p: value },
    anonymous,
  );

const raw = decodeURIComponent;

/** Reads parts that a separator joined: by kind, and each decoded on its own. */
function readJoined(joined: string, separator: string, { kind, explode }: { kind: Kind; explode: boolean }): Value {
  if (kind === 'text') return raw(joined);
  const parts = joined.split(separator);
  if (kind === 'list') return parts.map(raw);
  if (explode) return Object.fromEntries(parts.map((part) => part.split('=').map(raw)) as [string, string][]);
  return Object.fromEntries(
    Array.from({ length: parts.length / 2 }, (_, index) => [
      raw(parts[2 * index] ?? ''),
      raw(parts[2 * index + 1] ?? ''),
    ]),
  );
}

/** Path segments as RFC 6570 writes them. */
function readSegment(segment: string, style: string, how: { kind: Kind; explode: boolean }): Value {
  if (style === 'label') return readJoined(segment.slice(1), how.explode ? '.' : ',', how);
  if (style !== 'matrix') return readJoined(segment, ',', how);
  const parts = segment.slice(1).split(';');
  if (how.explode && how.kind === 'list') return parts.map((part) => raw(part.slice('p='.length)));
  if (how.explode && how.kind === 'object') return readJoined(parts.join(';'), ';', how);
  return readJoined(segment.slice(';p='.length), ',', how);
}

const kinds = ['text', 'list', 'object'] as const;

describe('what a parameter of any style holds', () => {
  const pathCases = (['simple', 'label', 'matrix'] as const).flatMap((style) =>
    [true, false].flatMap((explode) => kinds.map((kind) => [style, explode, kind] as const)),
  );
  it.each(pathCases)('is read back from a path: %s, explode %s, %s', (style, explode, kind) => {
    fc.assert(
      fc.property(valueOf(harmless)[kind] as fc.Arbitrary<Value>, (value) => {
        const { pathname } = new URL(send({ in: 'path', style, explode }, value).url);
        const [, before, segment = '', after] = pathname.split('/');
        expect([before, after]).toEqual(['before', 'after']);
        expect(readSegment(segment, style, { kind, explode })).toEqual(value);
      }),
    );
  });

  const queryCases = [
    ...[true, false].flatMap((explode) => kinds.map((kind) => ['form', explode, kind, ','] as const)),
    ...(['list', 'object'] as const).flatMap((kind) => [
      ['spaceDelimited', false, kind, '%20'] as const,
      ['pipeDelimited', false, kind, '%7C'] as const,
      ['tabDelimited', false, kind, '%09'] as const,
    ]),
  ];
  it.each(queryCases)('is read back from a query: %s, explode %s, %s', (style, explode, kind, separator) => {
    const part = style === 'form' ? text : text.filter((item) => !/[ |\t]/u.test(item));
    const keys = key.filter((name) => !/[ |]/u.test(name));
    fc.assert(
      fc.property(valueOf(part, keys)[kind] as fc.Arbitrary<Value>, (value) => {
        const { url } = send({ in: 'query', style, explode }, value);
        const parameters = new URL(url).searchParams;
        const exploded = kind === 'object' ? Object.fromEntries(parameters) : parameters.getAll('p');
        const joined = (): Value => readJoined(url.split('?p=')[1] ?? '', separator, { kind, explode });
        expect(explode && kind !== 'text' ? exploded : joined()).toEqual(value);
      }),
    );
  });

  it('is read back from a deepObject query [tools.styles]', () => {
    const member = fc.oneof(
      key,
      fc.array(key, { minLength: 1, maxLength: 3 }),
      fc.dictionary(
        key.filter((k) => !/[[\]]/u.test(k)),
        key,
        { minKeys: 1, maxKeys: 3, noNullPrototype: true },
      ),
    );
    const plain = key.filter((name) => !/[[\]]/u.test(name));
    fc.assert(
      fc.property(fc.dictionary(plain, member, { minKeys: 1, maxKeys: 3, noNullPrototype: true }), (value) => {
        // Without what every object inherits, such as a `constructor`.
        const read = Object.create(null) as Record<string, unknown>;
        for (const [name, item] of new URL(send({ in: 'query', style: 'deepObject', explode: true }, value).url)
          .searchParams) {
          const [, first = '', second] = /^p\[([^[\]]*)\](?:\[([^[\]]*)\])?$/u.exec(name) ?? [];
          if (second === undefined) read[first] = item;
          else if (second === '') read[first] = [...((read[first] as string[] | undefined) ?? []), item];
          else read[first] = { ...(read[first] as object | undefined), [second]: item };
        }
        expect(read).toEqual(value);
      }),
    );
  });

  const headerCases = [true, false].flatMap((explode) => kinds.map((kind) => [explode, kind] as const));
  it.each(headerCases)('is read back from a header: explode %s, %s', (explode, kind) => {
    fc.assert(
      fc.property(valueOf(latin, latin)[kind] as fc.Arbitrary<Value>, (value) => {
        const header = send({ in: 'header', style: 'simple', explode }, value).headers['p'] ?? '';
        const read = readJoined(header.replaceAll('%', '%25'), ',', { kind, explode });
        expect(read).toEqual(value);
      }),
    );
  });

  it.each(headerCases)('is read back from cookies: explode %s, %s', (explode, kind) => {
    fc.assert(
      fc.property(valueOf(text)[kind] as fc.Arbitrary<Value>, (value) => {
        const cookies = (send({ in: 'cookie', style: 'form', explode }, value).headers['cookie'] ?? '').split('; ');
        const pairs = cookies.map((cookie) => [
          cookie.slice(0, cookie.indexOf('=')),
          cookie.slice(cookie.indexOf('=') + 1),
        ]);
        const exploded = (): Value =>
          kind === 'object'
            ? Object.fromEntries(pairs.map((pair) => pair.map(raw)) as [string, string][])
            : pairs.map(([, item = '']) => raw(item));
        const joined = (): Value => readJoined(pairs[0]?.[1] ?? '', ',', { kind, explode });
        expect(explode && kind !== 'text' ? exploded() : joined()).toEqual(value);
      }),
    );
  });
});
