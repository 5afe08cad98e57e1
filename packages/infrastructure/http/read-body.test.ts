import type { MeshError } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBoundedJson } from './bounded-json.ts';
import { readBytes, readJson } from './read-body.ts';

function post(
  body: RequestInit['body'],
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Request {
  return new Request('http://mesh.example/', {
    method: 'POST',
    body: body ?? null,
    headers,
    duplex: 'half',
  });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'accepted',
    (error: unknown) => (error as MeshError).code,
  );
}

function codeOfParsing(text: string | Uint8Array, bounds = {}): string {
  try {
    parseBoundedJson(typeof text === 'string' ? new TextEncoder().encode(text) : text, bounds);
    return 'accepted';
  } catch (error) {
    return (error as MeshError).code;
  }
}

describe('reading the bytes of a request', () => {
  test('gives them unchanged, up to exactly the limit', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    expect([...(await readBytes(post(bytes), { maximumBytes: 256 }))]).toEqual([...bytes]);
    expect(await codeOf(readBytes(post(bytes), { maximumBytes: 255 }))).toBe('too_large');
  });

  test('is empty where there is no body', async () => {
    expect(await readBytes(new Request('http://mesh.example/'), { maximumBytes: 1 })).toHaveLength(0);
  });

  test('does not read a body that declares too much', async () => {
    let pulled = 0;
    const body = new ReadableStream({ pull: () => void (pulled += 1) }, { highWaterMark: 0 });
    expect(await codeOf(readBytes(post(body, { 'content-length': '999' }), { maximumBytes: 10 }))).toBe('too_large');
    expect(pulled).toBe(0);
  });

  test('stops an endless body at the limit and cancels its source [http.bounded]', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(1_000));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    expect(await codeOf(readBytes(post(body), { maximumBytes: 10_000 }))).toBe('too_large');
    expect(cancelled).toBe(true);
  });

  test('says that a body broke off', async () => {
    const body = new ReadableStream({
      pull: (controller) => {
        controller.error(new Error('reset'));
      },
    });
    expect(await codeOf(readBytes(post(body), { maximumBytes: 10 }))).toBe('invalid_request');
  });
});

describe('reading JSON', () => {
  const limits = { maximumBytes: 10_000 };

  test.each([
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/problem+json',
    'application/json;charset="utf-8"',
  ])('takes %s', async (type) => {
    expect(await readJson(post('{"a":1}', { 'content-type': type }), limits)).toEqual({ a: 1 });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/json; charset=utf-16',
    '',
  ])('refuses %j as unsupported_media_type', async (type) => {
    expect(await codeOf(readJson(post('{}', { 'content-type': type }), limits))).toBe('unsupported_media_type');
  });

  test.each(['', '{', '{"a":1}}', '[1,]', 'NaN', "{'a':1}", '\uFEFF\uFEFF{}'])(
    'refuses %j as malformed_message',
    (text) => {
      expect(codeOfParsing(text)).toBe('malformed_message');
    },
  );

  test('refuses bytes that are not UTF-8', () => {
    expect(codeOfParsing(Uint8Array.of(0x22, 0xff, 0x22))).toBe('malformed_message');
  });

  test('refuses what is nested too deeply, before parsing it', () => {
    expect(codeOfParsing('['.repeat(64) + ']'.repeat(64))).toBe('accepted');
    expect(codeOfParsing('['.repeat(65) + ']'.repeat(65))).toBe('invalid_request');
    expect(codeOfParsing('['.repeat(1_000_000))).toBe('invalid_request');
  });

  test('refuses what is made of too many values', () => {
    expect(codeOfParsing('[1,2,3]', { maximumValues: 4 })).toBe('accepted');
    expect(codeOfParsing('[1,2,3,4]', { maximumValues: 4 })).toBe('invalid_request');
    expect(codeOfParsing('{"a":1,"b":{"c":2}}', { maximumValues: 3 })).toBe('invalid_request');
  });

  test('does not count what stands in strings', () => {
    const text = JSON.stringify({ text: '[[[[{{{{,,,,"\\' });
    expect(codeOfParsing(text, { maximumDepth: 1, maximumValues: 2 })).toBe('accepted');
  });

  test('gives back every JSON value within the bounds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseBoundedJson(new TextEncoder().encode(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});
