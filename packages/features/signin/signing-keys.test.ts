import { fakeClock, newMasterKeys } from '@devmesh/testkit';
import { describe, expect, it } from 'vitest';
import { createSigningKeys } from './signing-keys.ts';

const day = 86_400_000;
const midnight = Date.UTC(2026, 5, 1);

describe('the keys of access tokens', () => {
  it('are the same in every process that has the same master keys, and others where they differ', () => {
    const masterKeys = newMasterKeys();
    const clock = fakeClock(midnight);
    const [one, other] = [createSigningKeys({ masterKeys, clock }), createSigningKeys({ masterKeys, clock })];
    expect(one.published()).toEqual(other.published());
    const stranger = createSigningKeys({ masterKeys: newMasterKeys(), clock });
    expect(stranger.current().kid).not.toBe(one.current().kid);
    expect(stranger.find(one.current().header)).toBeUndefined();
  });

  it('change every day, are published a day ahead, and are kept until their tokens have ended', async () => {
    const clock = fakeClock(midnight);
    const keys = createSigningKeys({ masterKeys: newMasterKeys(), clock });
    const today = keys.current();
    const next = keys.published().find(({ kid }) => kid !== today.kid);
    const known = () => keys.published().some(({ kid }) => kid === today.kid);
    await clock.advance(day);
    expect(keys.published().map(({ kid }) => kid)).toContain(keys.current().kid);
    expect(keys.current().kid).not.toBe(today.kid);
    expect([keys.current().kid, ...keys.published().map(({ kid }) => kid)]).toContain(next?.kid);
    await clock.advance(604_999);
    expect(known()).toBe(true);
    expect(keys.find(today.header)?.kid).toBe(today.kid);
    await clock.advance(1);
    expect(known()).toBe(false);
    expect(keys.find(today.header)).toBeUndefined();
  });

  it('are published without their private part', () => {
    const keys = createSigningKeys({ masterKeys: newMasterKeys(), clock: fakeClock(midnight) });
    for (const jwk of keys.published()) {
      expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    }
    const { privateKey } = keys.current();
    expect(JSON.stringify(keys.published())).not.toContain(privateKey.export({ format: 'jwk' }).d);
  });
});
