import { randomBytes } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSettings, kindNames, kinds } from './index.ts';
import type { Arrival, Verification } from './kind.ts';
import { against, nameOf, now, secret, sent, variants, type Variant } from './sent.fixture.ts';

function outcome(variant: Variant, arrival: Arrival, verification: Verification = against(variant)): string {
  try {
    kinds[variant.kind].verify(arrival, verification);
    return 'accepted';
  } catch (error) {
    return error instanceof MeshError ? error.code : `an exception: ${String(error)}`;
  }
}

const readings = ['read', 'malformed_message', 'unsupported_media_type', 'invalid_request'];

function reading(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return error instanceof MeshError ? error.code : `an exception: ${String(error)}`;
  }
}

function withHeader(arrival: Arrival, name: string, value: string | undefined): Arrival {
  const headers = new Headers(arrival.headers);
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
  return { ...arrival, headers };
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

const printable = /^[\u0021-\u007e]$/u;
const other = randomBytes(32).toString('hex');

it('tests a sender of every kind', () => {
  expect(new Set(variants.map(({ kind }) => kind))).toEqual(new Set(kindNames));
});

describe.each(variants.map((variant) => [nameOf(variant), variant] as const))('%s', (_name, variant) => {
  const read = (arrival: Arrival) => kinds[variant.kind].read(arrival, variant.settings ?? {});
  const original = sent(variant);
  const proof = original.headers.get(variant.proof) ?? '';

  it('accepts what its sender sends, and reads it [webhooks.providers]', () => {
    expect(outcome(variant, original)).toBe('accepted');
    const webhook = read(original);
    expect(webhook.event).not.toBe('');
    expect(webhook.deliveryId).not.toBe('');
    expect(webhook.handshake).toBeUndefined();
  });

  it.each<[string, Arrival, readonly string[]]>([
    ['no secret is configured', original, []],
    ['the secret is empty', sent(variant, { secret: '' }), ['']],
    ['the secret is another', original, [other]],
    ['the header is missing', withHeader(original, variant.proof, undefined), [secret]],
    ['the header is empty', withHeader(original, variant.proof, ''), [secret]],
    [
      'the header comes twice with different values',
      withHeader(original, variant.proof, `nonsense, ${proof}`),
      [secret],
    ],
    ['the header is over-long', withHeader(original, variant.proof, proof + 'a'.repeat(5000)), [secret]],
    ['the proof is cut short', withHeader(original, variant.proof, proof.slice(0, -2)), [secret]],
    ['the proof goes on', withHeader(original, variant.proof, `${proof}00`), [secret]],
  ])('refuses when %s', (_reason, arrival, secrets) => {
    expect(outcome(variant, arrival, against(variant, secrets))).toBe('bad_signature');
  });

  it('accepts either of two secrets during a rotation, and no third', () => {
    for (const secrets of [
      [secret, other],
      [other, secret],
    ]) {
      expect(outcome(variant, original, against(variant, secrets))).toBe('accepted');
    }
    expect(outcome(variant, sent(variant, { secret: 'a third one' }), against(variant, [secret, other]))).toBe(
      'bad_signature',
    );
  });

  it('refuses whatever bit of the secret differs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: secret.length * 8 - 1 }), (bit) => {
        const near = Buffer.from(flip(Buffer.from(secret), bit)).toString('latin1');
        fc.pre(/^[\u0021-\u007e]+$/u.test(near));
        expect(outcome(variant, original, against(variant, [near]))).toBe('bad_signature');
      }),
      { numRuns: 30 },
    );
  });

  it('keeps the delivery id when the same delivery is sent again later', () => {
    const first = read(original).deliveryId;
    const body = JSON.parse(JSON.stringify(bodyOf(original))) as unknown;
    const again = sent(variant, { at: now + 60_000, payload: body });
    const isTimed = variant.settings?.timestampHeader !== undefined;
    expect(read(again).deliveryId === first).toBe(!isTimed);
  });

  it('never throws anything but its own errors, whatever stands in the headers and the body', () => {
    const names = [...original.headers.keys(), 'authorization', 'webhook-signature'];
    const values = fc.oneof(
      fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 80 }),
      fc.constantFrom(
        'v1=',
        'v1,',
        't=1,v1=',
        'sha256=',
        'v0=',
        'Basic Og==',
        'Bearer',
        '1e3',
        '-1',
        'NaN',
        'Infinity',
      ),
      fc.constantFrom(...original.headers.values()),
    );
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), values), bodies, (given, rawBody) => {
        const headers = new Headers(given);
        headers.delete(variant.proof);
        expect(outcome(variant, { headers, rawBody })).toBe('bad_signature');
        expect(readings).toContain(reading(() => read({ headers: new Headers(given), rawBody })));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses garbage in the header of the proof without failing on it', () => {
    const garbage = fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    });
    const shaped = fc.tuple(
      fc.constantFrom('', 'sha256=', 'v0=', 'v1=', 'v1,', `t=${String(now / 1000)},v1=`),
      garbage,
    );
    fc.assert(
      fc.property(shaped, ([start, rest]) => {
        expect(outcome(variant, withHeader(original, variant.proof, start + rest))).toBe('bad_signature');
      }),
      { numRuns: 60 },
    );
  });
});

function bodyOf({ headers, rawBody }: Arrival): unknown {
  const text = Buffer.from(rawBody).toString();
  if (!/form/u.test(headers.get('content-type') ?? '')) return JSON.parse(text) as unknown;
  const fields = Object.fromEntries(new URLSearchParams(text));
  return fields['payload'] === undefined ? fields : (JSON.parse(fields['payload']) as unknown);
}

const signing = variants.filter(({ signed }) => signed);
describe.each(signing.map((variant) => [nameOf(variant), variant] as const))('%s', (_name, variant) => {
  const original = sent(variant);
  const proof = original.headers.get(variant.proof) ?? '';

  it('refuses whatever bit of the body was flipped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: original.rawBody.length * 8 - 1 }), (bit) => {
        const arrival = { ...original, rawBody: flip(original.rawBody, bit) };
        expect(outcome(variant, arrival)).toBe('bad_signature');
      }),
      { numRuns: 60 },
    );
  });

  it('refuses whatever bit of the signature was flipped', () => {
    for (let bit = 0; bit < proof.length * 8; bit += 1) {
      const changed = Buffer.from(flip(Buffer.from(proof), bit)).toString('latin1');
      if (!printable.test(changed[bit >> 3] ?? '')) continue;
      expect([changed, outcome(variant, withHeader(original, variant.proof, changed))]).toEqual([
        changed,
        'bad_signature',
      ]);
    }
  });
});

const timing = variants.filter(({ timestamp }) => timestamp !== undefined);
describe.each(timing.map((variant) => [nameOf(variant), variant] as const))('%s', (_name, variant) => {
  it.each<[string, number, string]>([
    ['as old as the window', -300, 'accepted'],
    ['older than the window', -301, 'bad_signature'],
    ['as far ahead as the window', 300, 'accepted'],
    ['further ahead than the window', 301, 'bad_signature'],
    ['of another year', -31_536_000, 'bad_signature'],
  ])('takes a signed timestamp %s for what it is', (_what, seconds, expected) => {
    expect(outcome(variant, sent(variant, { at: now + seconds * 1000 }))).toBe(expected);
  });

  it('refuses a timestamp that was moved into the window after signing', () => {
    const old = sent(variant, { at: now - 3_600_000 });
    const header = variant.timestamp ?? '';
    const moved = old.headers.get(header)?.replace(String(now / 1000 - 3600), String(now / 1000));
    expect(outcome(variant, withHeader(old, header, moved))).toBe('bad_signature');
  });

  it('refuses whatever bit of the timestamp was flipped, and what is no number', () => {
    const original = sent(variant);
    const text = String(now / 1000);
    const header = original.headers.get(variant.timestamp ?? '') ?? '';
    const replaced = (changed: string) =>
      outcome(variant, withHeader(original, variant.timestamp ?? '', header.replace(text, changed)));
    for (let bit = 0; bit < text.length * 8; bit += 1) {
      const changed = Buffer.from(flip(Buffer.from(text), bit)).toString('latin1');
      if (!printable.test(changed[bit >> 3] ?? '')) continue;
      expect([changed, replaced(changed)]).toEqual([changed, 'bad_signature']);
    }
    for (const odd of ['', 'now', `${text}.0`, `+${text}`, '1.7e9', `${text}, ${text}`, '9'.repeat(40)]) {
      expect([odd, replaced(odd)]).toEqual([odd, 'bad_signature']);
    }
  });
});

describe('settings', () => {
  it.each(kindNames.filter((name) => !name.startsWith('generic-')))('are none for %s', (name) => {
    expect(() => {
      checkSettings(name, {});
    }).not.toThrow();
    expect(() => {
      checkSettings(name, { header: 'x-token' });
    }).toThrow(/takes no settings/u);
  });
});
