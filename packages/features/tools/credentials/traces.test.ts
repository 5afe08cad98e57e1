import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { scrub } from './credential.ts';
import { tracesOf } from './traces.ts';

const forms: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  encodeURIComponent,
  (secret) => encodeURIComponent(secret).replaceAll(/%[\dA-F]{2}/gu, (code) => code.toLowerCase()),
  (secret) => new URLSearchParams({ k: secret }).toString(),
  (secret) => JSON.stringify({ secret }),
  (secret) => JSON.stringify({ secret }).replaceAll('/', String.raw`\/`),
  (secret) =>
    `<p>${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')}</p>`,
  (secret) => Buffer.from(secret).toString('base64'),
  (secret) => Buffer.from(secret).toString('base64').replace(/=+$/u, ''),
  (secret) => Buffer.from(secret).toString('base64url'),
  (secret) => Buffer.from(secret).toString('hex'),
  (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
];

it('no form of a secret is left in an answer [tools.credential-hidden]', () => {
  const secrets = fc
    .string({ minLength: 12, maxLength: 40, unit: 'grapheme-ascii' })
    .filter((text) => text.trim() === text);
  fc.assert(
    fc.property(secrets, fc.constantFrom(...forms), fc.string(), (secret, form, around) => {
      const shown = scrub(`${around}${form(secret)}${around}`, tracesOf(secret));
      expect(shown).toContain('[redacted]');
      expect(shown.replaceAll('[redacted]', '')).not.toContain(form(secret));
    }),
  );
});

it.each(forms.map((form) => [form]))('the form %s is found where it differs from all others', (form) => {
  const secret = `k/ey "with" <all> & 'more'?>~~~ä`;
  expect(scrub(form(secret), tracesOf(secret))).toContain('[redacted]');
});

it('what is too short to be told from ordinary text is left', () => {
  expect(scrub('a cat sat', tracesOf('cat'))).toBe('a cat sat');
});
