import { canonicalJson } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyAt } from '../credentials/credential.ts';
import { digestOf } from './canonical-json.ts';
import { readSelection } from '../results/select-fields.ts';
import { largestText, presentAnswer, type Showing } from './present-answer.ts';
import { textOfResult } from './result-text.fixture.ts';

const answer = (body: string | Uint8Array, status = 200, type = 'application/json') => ({
  status,
  headers: new Headers({ 'content-type': type }),
  url: 'https://api.example.com/',
  body: typeof body === 'string' ? Buffer.from(body, 'utf8') : body,
  text: () => '',
});

interface Kept {
  readonly content: string | Uint8Array;
  readonly mediaType: string;
}

const present = async (given: ReturnType<typeof answer>, showing: Partial<Showing> = {}) => {
  const kept: Kept[] = [];
  const keep = (content: string | Uint8Array, mediaType: string) => {
    kept.push({ content, mediaType });
    return Promise.resolve({ id: 'r1', uri: 'devmesh://results/r1', bytes: content.length });
  };
  const result = await presentAnswer(given, { traces: [], structured: false, keep, ...showing });
  return { result, kept, text: textOfResult(result) };
};

describe('the result of a call', () => {
  it('holds a JSON object also as such', async () => {
    const { result } = await present(answer('{"a":[1]}'));
    expect(result).toEqual({
      isError: false,
      status: 200,
      content: [{ type: 'text', text: '{"a":[1]}' }],
      structured: { a: [1] },
      truncated: false,
    });
    expect((await present(answer('[1]'))).result).not.toHaveProperty('structured');
    expect((await present(answer('{broken'))).result).not.toHaveProperty('structured');
  });

  it.each([
    [204, false],
    [302, true],
    [404, true],
    [500, true],
  ])('with status %d is an error: %s', async (status, isError) => {
    expect((await present(answer('', status))).result).toMatchObject({ status, isError });
  });

  it('has an object for every success where one is promised, and none for an error', async () => {
    const showing = { structured: true };
    expect((await present(answer('[1]'), showing)).result.structured).toEqual({});
    expect((await present(answer('', 204), showing)).result.structured).toEqual({});
    expect((await present(answer('{"a":1}', 404), showing)).result).not.toHaveProperty('structured');
    expect((await present(answer('{"a":1}', 404))).result.structured).toEqual({ a: 1 });
  });

  it('says that a body is empty, with the headers that tell what was made', async () => {
    const made = { ...answer('', 201), headers: new Headers({ location: '/things/7', 'x-secret': 'no' }) };
    const { text, result } = await present(made);
    expect(text).toBe('HTTP 201: done; the answer has no body.\nlocation: /things/7');
    expect(result.headers).toEqual({ location: '/things/7' });
  });

  it('is shown shorter than the bound as JSON that says what is missing, and kept whole', async () => {
    const items = Array.from({ length: 5_000 }, (_, id) => ({ id, name: '🙂'.repeat(30) }));
    const { result, kept, text } = await present(answer(JSON.stringify({ items, total: 5_000 })));
    const [first] = result.content;
    const shown = JSON.parse(first?.type === 'text' ? first.text : '') as { items: unknown[]; total: number };
    expect(shown.total).toBe(5_000);
    expect(shown.items).toEqual(items.slice(0, shown.items.length));
    expect(result.structured).toEqual(shown);
    expect(text).toContain(`items: ${String(shown.items.length)} of 5000 items`);
    expect(text).toContain('devmesh://results/r1');
    expect(result).toMatchObject({ truncated: true, isError: false });
    expect(result.content.at(-1)).toMatchObject({ type: 'resource_link', uri: 'devmesh://results/r1' });
    expect(JSON.parse(String(kept[0]?.content))).toEqual({ items, total: 5_000 });
    expect(Buffer.byteLength(text)).toBeLessThan(largestText);
  });

  it('is cut as text at a bound, says so, and never inside a character', async () => {
    for (const shift of [0, 1, 2, 3]) {
      const whole = `${'x'.repeat(shift)}${'🙂'.repeat(largestText / 4)}${shift === 0 ? 'x' : ''}`;
      const { result, kept, text } = await present(answer(whole, 200, 'text/plain'));
      expect(result.truncated).toBe(true);
      const [first] = result.content;
      const shown = first?.type === 'text' ? first.text : '';
      expect(whole.startsWith(shown)).toBe(true);
      expect(text).toContain(
        `the first ${String(Buffer.byteLength(shown))} of ${String(Buffer.byteLength(whole))} bytes`,
      );
      expect(kept[0]?.content).toBe(whole);
    }
    const { result, kept } = await present(answer('x'.repeat(largestText), 200, 'text/plain'));
    expect([result.truncated, kept.length]).toEqual([false, 0]);
  });

  it.each(['text/plain', 'application/json'])(
    '%s is cut where the caller wants less, and kept as a whole',
    async (type) => {
      const whole = JSON.stringify({ items: Array.from({ length: 2_000 }, (_none, index) => `item ${String(index)}`) });
      const textBytes = 8_192;
      const { result, kept } = await present(answer(whole, 200, type), { textBytes });
      const [first] = result.content;
      expect(Buffer.byteLength(first?.type === 'text' ? first.text : '')).toBeLessThanOrEqual(textBytes);
      expect(result.truncated).toBe(true);
      expect(kept[0]?.content).toBe(whole);
      const { result: small } = await present(answer('{"a":1}', 200, type), { textBytes });
      expect(small.truncated).toBe(false);
    },
  );

  it('says that the rest is lost where it could not be kept', async () => {
    const lost = await present(answer('x'.repeat(largestText + 1), 200, 'text/plain'), {
      keep: () => Promise.resolve(undefined),
    });
    expect(lost.text).toContain('The rest could not be kept.');
    expect(lost.result.content.some(({ type }) => type === 'resource_link')).toBe(false);
  });

  it.each([
    ['image/png', 'image'],
    ['audio/mpeg', 'audio'],
  ])('of %s is %s', async (type, kind) => {
    const bytes = Uint8Array.from([0x89, 0x50, 0xff]);
    const { result } = await present(answer(bytes, 200, type));
    expect(result.content).toEqual([{ type: kind, data: Buffer.from(bytes).toString('base64'), mimeType: type }]);
    const large = await present(answer(new Uint8Array(2 * 1024 * 1024 + 1), 200, type));
    expect(large.result.content.map((piece) => piece.type)).toEqual(['text', 'resource_link']);
    expect(large.kept[0]?.mediaType).toBe(type);
  });

  it('of other bytes is a link, and says what came', async () => {
    const { result, kept, text } = await present(
      answer(Uint8Array.from([0x50, 0x4b, 0, 0xff]), 200, 'application/zip'),
    );
    expect(text).toContain('[4 bytes of application/zip, not shown as text.');
    expect(result.content.at(-1)).toMatchObject({ type: 'resource_link', mimeType: 'application/zip', size: 4 });
    expect(kept).toHaveLength(1);
  });

  it('of bytes that could be read as text is still no text where a NUL is in them', async () => {
    const { result, kept } = await present(answer('PK\0\u0003', 200, 'application/zip'));
    expect(result.content.map(({ type }) => type)).toEqual(['text', 'resource_link']);
    expect([...Buffer.from(kept[0]?.content as Uint8Array)]).toEqual([0x50, 0x4b, 0, 3]);
  });

  it.each(['image/png', 'application/zip'])('of %s holds no secret, of asterisks too', async (type) => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0]), Buffer.from('secret-9 **** end')]);
    const { result, kept } = await present(answer(bytes, 200, type), { traces: ['secret-9', '****'] });
    const [piece] = result.content;
    const shown = piece?.type === 'image' ? Buffer.from(piece.data, 'base64') : (kept[0]?.content as Uint8Array);
    expect(Buffer.from(shown).subarray(2).toString('latin1')).toBe('******** **** end');
  });

  it('shows only the fields that are wanted', async () => {
    const body = JSON.stringify({ items: [{ id: 1, name: 'a', more: 'x'.repeat(300_000) }], total: 1 });
    const { result, kept } = await present(answer(body), { selection: readSelection(['items.name']) });
    expect(result.structured).toEqual({ items: [{ name: 'a' }] });
    expect(result.content).toEqual([{ type: 'text', text: '{"items":[{"name":"a"}]}' }]);
    expect([result.truncated, kept.length]).toEqual([false, 0]);
  });

  it.each([
    [[0xe9], 'text/plain; charset=latin1', 'é'],
    [[0xe9], 'text/plain', 'é'],
    [[0xff, 0xfe, 0x36, 0x04], 'text/plain', 'ж'],
    [[0xd0, 0xb6], 'text/plain; charset=unheard-of', 'ж'],
    [[0xd0, 0xb6], '', 'ж'],
  ])('reads text in the charset that it is in: %j of %s', async (bytes, type, expected) => {
    expect((await present(answer(Uint8Array.from(bytes), 200, type))).text).toBe(expected);
  });

  it('holds no trace of a secret that the service echoes in any common form [tools.credential-hidden]', async () => {
    const secret = 'k3y "with/ä"\\+&=';
    const { traces } = keyAt('query', 'key', secret);
    const echo = JSON.stringify({
      plain: secret,
      url: `https://x/?key=${encodeURIComponent(secret)}`,
      form: new URLSearchParams({ key: secret }).toString(),
      base64: Buffer.from(secret).toString('base64'),
    });
    // An upstream may escape letters that need no escape.
    const escaped = echo.replace('"plain":"k3y', '"plain":"\\u006b3y');
    const filler = `,"filler":"${'x'.repeat(300_000)}"}`;
    for (const body of [echo, escaped]) {
      const { result, text } = await present(answer(body), { traces });
      expect(Object.values(result.structured ?? {}).every((value) => String(value).includes('[redacted]'))).toBe(true);
      expect(JSON.stringify(result.structured)).not.toContain('k3y');
      expect(`${text}${JSON.stringify(JSON.parse(text))}`).not.toContain('k3y');
      const large = await present(answer(body.replace(/\}$/u, filler)), { traces });
      expect(JSON.stringify(JSON.parse(String(large.kept[0]?.content)))).not.toContain('k3y');
      expect(large.kept).toHaveLength(1);
    }
    const bytes = Buffer.concat([Buffer.from([0, 0xff]), Buffer.from(secret, 'utf8'), Buffer.from([0xff])]);
    const binary = await present(answer(bytes, 200, 'application/zip'), { traces });
    expect(Buffer.from(binary.kept[0]?.content as Uint8Array).includes('k3y')).toBe(false);
    const located = { ...answer('', 201), headers: new Headers({ location: `/x?key=${encodeURIComponent(secret)}` }) };
    expect(JSON.stringify((await present(located, { traces })).result)).not.toContain('k3y');
  });
});

describe('the digest of arguments', () => {
  it('does not depend on the order of keys, and tells different values apart', () => {
    expect(digestOf({ a: 1, b: { c: 2, d: 3 } })).toBe(digestOf({ b: { d: 3, c: 2 }, a: 1 }));
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
