import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isChallenge, provesChallenge } from './pkce.ts';

describe('PKCE', () => {
  it('knows the verifier of the example in RFC 7636', () => {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    expect(provesChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', challenge)).toBe(true);
    expect(provesChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl', challenge)).toBe(false);
  });

  it('never takes the challenge itself for its verifier, which `plain` would', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w-]{43}$/u), (text) => {
        expect(provesChallenge(text, text)).toBe(false);
      }),
    );
  });

  it.each(['', 'short', 'a'.repeat(42), 'a'.repeat(129), `${'a'.repeat(43)} `, `${'a'.repeat(42)}ä`])(
    'takes %j for no verifier',
    (verifier) => {
      expect(provesChallenge(verifier, 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')).toBe(false);
    },
  );

  it.each(['', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`])('takes %j for no challenge', (text) => {
    expect(isChallenge(text)).toBe(false);
  });
});
