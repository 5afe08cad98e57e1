import { canonicalJson } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyAt } from '../credentials/credential.ts';
import { digestOf } from './canonical-json.ts';
import { largestText, presentAnswer } from './present-answer.ts';
import { textOfResult } from './result-text.fixture.ts';

const answer = (body: string | Uint8Array, status = 200, type = 'application/json') => ({
  status,
  headers: new Headers({ 'content-type': type }),
  url: 'https://api.example.com/',
  body: typeof body === 'string' ? Buffer.from(body, 'utf8') : body,
  text: () => '',
});

describe('the result of a call', () => {
  it('holds a JSON object also as such', () => {
    expect(presentAnswer(answer('{"a":[1]}'), [])).toEqual({
      isError: false,
      status: 200,
      content: [{ type: 'text', text: '{"a":[1]}' }],
      structured: { a: [1] },
      truncated: false,
    });
    expect(presentAnswer(answer('[1]'), [])).not.toHaveProperty('structured');
    expect(presentAnswer(answer('{broken'), [])).not.toHaveProperty('structured');
  });

  it.each([
    [204, false],
    [302, true],
    [404, true],
    [500, true],
  ])('with status %d is an error: %s', (status, isError) => {
    expect(presentAnswer(answer('', status), [])).toMatchObject({ status, isError });
  });

  it('is cut at the bound, says so, and never inside a character', () => {
    fc.assert(
      fc.property(fc.nat(3), (shift) => {
        const result = presentAnswer(answer(`${'x'.repeat(shift)}${'🙂'.repeat(largestText / 4)}`), []);
        const bytes = Buffer.byteLength(textOfResult(result).split('\n[')[0] ?? '');
        expect(bytes).toBeLessThanOrEqual(largestText);
        expect(bytes).toBeGreaterThan(largestText - 4);
        expect(textOfResult(result)).not.toContain('\uFFFD');
        expect(result.truncated).toBe(shift > 0);
      }),
    );
    expect(presentAnswer(answer('x'.repeat(largestText)), []).truncated).toBe(false);
  });

  it('tells what came where it is no text', () => {
    const result = presentAnswer(answer(Uint8Array.from([0x89, 0x50, 0xff]), 200, 'image/png'), []);
    expect(textOfResult(result)).toBe('[3 bytes of image/png, not shown as text]');
  });

  it('reads the charset that the service names', () => {
    const result = presentAnswer(answer(Uint8Array.from([0xe9]), 200, 'text/plain; charset=latin1'), []);
    expect(textOfResult(result)).toBe('é');
  });

  it('holds no trace of a secret that the service echoes in any common form [tools.credential-hidden]', () => {
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
    for (const body of [echo, escaped]) {
      const result = presentAnswer(answer(body), traces);
      const structured = JSON.stringify(result.structured);
      expect(Object.values(result.structured ?? {}).every((value) => String(value).includes('[redacted]'))).toBe(true);
      expect(structured).not.toContain('k3y');
    }
    expect(textOfResult(presentAnswer(answer(echo), traces))).not.toContain('k3y');
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
