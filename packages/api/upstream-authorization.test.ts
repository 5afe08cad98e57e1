import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUpstreamAuthorization, parseUpstreamAuthorization } from './upstream-authorization.ts';

const given = fc.uniqueArray(
  fc.record({
    service: fc.stringMatching(/^[a-z][a-z0-9_]{0,23}$/u),
    scheme: fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,31}$/u),
    token: fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,60}={0,2}$/u),
  }),
  { minLength: 1, maxLength: 16, selector: ({ service }) => service },
);

function attempted(text: string): ReturnType<typeof parseUpstreamAuthorization> | string {
  try {
    return parseUpstreamAuthorization(text);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the header of credentials that are passed through', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(given, (credentials) => {
        expect(parseUpstreamAuthorization(formatUpstreamAuthorization(credentials))).toEqual(credentials);
      }),
    );
  });

  it('is refused where it is anything else, without being repeated', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const result = attempted(text);
        const refused = typeof result === 'string';
        const shown = refused ? result : formatUpstreamAuthorization(result).replaceAll(' ', '');
        expect(shown).toBe(refused ? 'invalid_request' : text.replaceAll(/\s/gu, ''));
      }),
    );
  });

  it.each([
    '',
    'github ghp_planted-canary',
    'github Bearer planted-canary, github Bearer planted-canary',
    'GitHub Bearer planted-canary',
    'github Bearer planted canary',
    'github Bearer planted-canary\r\nx: y',
    `github Bearer ${'planted-canary'.repeat(3_000)}`,
    Array.from({ length: 17 }, (_one, index) => `s${String(index)} Bearer planted-canary`).join(', '),
  ])('is refused: %j', (text) => {
    const attempt = (): unknown => parseUpstreamAuthorization(text);
    expect(attempt).toThrowError(expect.objectContaining({ code: 'invalid_request' }));
    expect(attempt).not.toThrow(/planted/u);
  });
});
