import { Secret } from '@devmesh/foundation';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { excerptOf } from './excerpt.ts';

const secret = new Secret('s3cret-of-the-endpoint');

test('an excerpt holds none of the secrets of its endpoint, nor what looks like one', () => {
  const echo = `you sent s3cret-of-the-endpoint with Bearer abcdefgh and whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`;
  expect(excerptOf(echo, [secret])).toBe('you sent [redacted] with Bearer [redacted] and [redacted]');
});

test('an excerpt does not cut a secret in halves that would be kept', () => {
  const shown = excerptOf(`${'x'.repeat(490)}${secret.open()}`, [secret]);
  expect(shown).not.toContain('s3cret');
});

test('an excerpt of anything is short, storable and on one line', () => {
  const units = fc.array(fc.nat({ max: 0xff_ff }), { maxLength: 2_000 });
  fc.assert(
    fc.property(units, (codes) => {
      const shown = excerptOf(String.fromCodePoint(...codes), [secret]);
      expect(shown.length).toBeLessThanOrEqual(500);
      expect(/[\p{Cc}\p{Surrogate}]/u.test(shown)).toBe(false);
    }),
  );
});
