import { readFileSync } from 'node:fs';
import { keyTypes } from '@devmesh/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInvitationToken, isToken, newToken, tokenPattern } from './token.ts';

const kinds = [...keyTypes, 'invite'] as const;
const characters = Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. \n');
const isAny = (text: string): boolean => isToken(text) || isInvitationToken(text);

describe('tokens', () => {
  it.each(kinds)(
    'of the kind %s are recognized, and no single changed character goes unnoticed [identity.key-types]',
    (kind) => {
      for (let round = 0; round < 5; round += 1) {
        const token = newToken(kind).open();
        expect(isAny(token)).toBe(true);
        const missed = Array.from(token).flatMap((present, at) =>
          characters
            .filter((character) => character !== present)
            .map((character) => token.slice(0, at) + character + token.slice(at + 1))
            .filter(isAny),
        );
        expect(missed).toEqual([]);
      }
    },
  );

  it('are noticed where two neighbours changed places, one is missing or one too many', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.nat(), fc.constantFrom(...characters), (kind, position, character) => {
        const token = newToken(kind).open();
        const at = position % (token.length - 1);
        const swapped = token.slice(0, at) + token.charAt(at + 1) + token.charAt(at) + token.slice(at + 2);
        expect(isAny(swapped)).toBe(swapped === token);
        expect(isAny(token.slice(0, at) + token.slice(at + 1))).toBe(false);
        expect(isAny(token.slice(0, at) + character + token.slice(at))).toBe(false);
      }),
    );
  });

  it('are of one kind: an invitation is no key, and a key no invitation', () => {
    for (const kind of kinds) {
      const token = newToken(kind).open();
      expect([isToken(token), isInvitationToken(token)]).toEqual([kind !== 'invite', kind === 'invite']);
    }
  });

  it('are never the same twice, and use the whole alphabet', () => {
    const tokens = Array.from({ length: 500 }, () => newToken('user').open());
    expect(new Set(tokens).size).toBe(500);
    expect(new Set(tokens.flatMap((token) => Array.from(token.slice(8, 38)))).size).toBe(62);
  });

  it('are found in other texts by the pattern that the documentation gives to scanners', () => {
    const page = readFileSync(new URL('../../../docs/identity.md', import.meta.url), 'utf8');
    expect(page).toContain(tokenPattern);
    const tokens = kinds.map((kind) => newToken(kind).open());
    const text = tokens.map((token) => `export KEY="${token}";`).join('\n');
    expect(text.match(new RegExp(tokenPattern, 'gu'))).toEqual(tokens);
  });
});
