import { Secret } from '@devmesh/foundation';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { newSigningSecret, signatureOf } from './signature.ts';

const headersOf = (id: string, timestamp: number, signature: string) => ({
  'webhook-id': id,
  'webhook-timestamp': String(timestamp),
  'webhook-signature': signature,
});

describe('the signature', () => {
  test('is that of the documented example', () => {
    const secret = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const body = '{"test": 2432232314}';
    const signed = signatureOf([secret], { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body });
    expect(signed).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('is taken by the official verifier for any body, under each of two secrets, and for no other body [webhooks.out]', () => {
    const timestamp = Math.floor(Date.now() / 1000);
    fc.assert(
      fc.property(fc.uuid(), fc.json(), (id, body) => {
        const secrets = [newSigningSecret(), newSigningSecret()];
        const headers = headersOf(id, timestamp, signatureOf(secrets, { id, timestamp, body }));
        for (const secret of secrets) {
          expect(new Webhook(secret.open()).verify(body, headers)).toEqual(JSON.parse(body));
          expect(() => new Webhook(secret.open()).verify(`${body} `, headers)).toThrow(/signature/u);
        }
        expect(() => new Webhook(newSigningSecret().open()).verify(body, headers)).toThrow(/signature/u);
      }),
    );
  });

  test('has a new secret of 256 bits each time, which does not print itself', () => {
    const [one, other] = [newSigningSecret(), newSigningSecret()];
    expect(one.open()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/u);
    expect(one.open()).not.toBe(other.open());
    expect(String(one)).toBe('[redacted]');
  });
});
