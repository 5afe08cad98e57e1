import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MeshError, toProblem } from './errors.ts';
import { redactSecrets, rememberSecret } from './redaction.ts';
import { Secret } from './secret.ts';

const telling = fc
  .string({ minLength: 24, maxLength: 60, unit: 'grapheme' })
  .filter((text) => !/[\r\n]/u.test(text) && text.length <= 200);

describe('redaction by value', () => {
  test('finds the text of every secret that was made, wherever it stands [secrets.redacted-by-value]', () => {
    const { open } = Object.freeze({ open: new Secret('s3cr3t-canary-1').open() });
    expect(redactSecrets(`a ${open}, b=${open}${open}!`)).toBe('a [redacted], b=[redacted][redacted]!');
  });

  test('finds any text, in the middle of any other, in a URL and in JSON', () => {
    fc.assert(
      fc.property(telling, fc.string(), fc.string(), (text, before, after) => {
        rememberSecret(text);
        for (const shown of [text, encodeURIComponent(text), JSON.stringify(text)]) {
          expect(redactSecrets(before.repeat(40) + shown + after)).not.toContain(shown);
        }
        expect(redactSecrets(before + JSON.stringify({ text }) + after)).not.toContain(
          JSON.stringify(text).slice(1, -1),
        );
      }),
    );
  });

  test('takes the longest where one begins as another', () => {
    for (const secret of ['begins-alike-1', 'begins-alike-1-and-goes-on', 'begins-alike-1-and']) rememberSecret(secret);
    expect(redactSecrets('x begins-alike-1-and-goes-on')).toBe('x [redacted]');
  });

  test('finds each line of a private key, and not the line that says what it is', () => {
    rememberSecret(
      '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END PRIVATE KEY-----',
    );
    const shown = redactSecrets('-----BEGIN PRIVATE KEY----- AgEGCCqGSM49AwEHBG0w');
    expect(shown).toBe('-----BEGIN PRIVATE KEY----- [redacted]');
  });

  test.each([
    'short-1',
    'not_found',
    'repositories',
    '01a203e1-de9e-79a2-99bc-0357e0514186',
    '1234567890123',
    '{"token":"t0"}',
  ])('leaves ordinary text alone although somebody calls it a secret: %s', (text) => {
    rememberSecret(text);
    expect(redactSecrets(`it says ${text}.`)).toBe(`it says ${text}.`);
  });

  test('remembers the latest ones only', () => {
    rememberSecret('the-very-oldest-secret-0');
    rememberSecret('used-again-in-between-0');
    for (let number = 0; number < 4_096; number += 1) {
      if (number === 3_000) rememberSecret('used-again-in-between-0');
      rememberSecret(`one-of-very-many-${String(number)}`);
    }
    expect(redactSecrets('the-very-oldest-secret-0')).toBe('the-very-oldest-secret-0');
    expect(redactSecrets('used-again-in-between-0 one-of-very-many-4000')).toBe('[redacted] [redacted]');
  });

  test('keeps them out of problem documents', () => {
    const secret = new Secret('s3cr3t-canary-2');
    const issues = [{ path: 'body.token', message: `not ${secret.open()}` }];
    const problem = toProblem(new MeshError('upstream_failed', `It said ${secret.open()}.`, { issues }));
    expect(JSON.stringify(problem)).not.toContain('canary');
    expect(problem.detail).toBe('It said [redacted].');
  });
});
