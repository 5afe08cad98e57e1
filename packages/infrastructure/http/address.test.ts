import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressRefusal, literalAddress } from './address.ts';

/** IANA's special-purpose address registries (RFC 6890 and later), written down apart from the code under test. */
const specialV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
] as const;

const specialV6 = [
  '::/96',
  '::ffff:0:0/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '4000::/3',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
] as const;

interface Block {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly prefix: number;
}

function block(cidr: string): Block {
  const [address = '', prefix = ''] = cidr.split('/');
  const v4 = address.includes('.');
  const base = v4 ? fromV4(address) : fromV6(address);
  return { bits: v4 ? 32 : 128, base, prefix: Number(prefix) };
}

function fromV4(text: string): bigint {
  return text.split('.').reduce((number, octet) => number * 256n + BigInt(octet), 0n);
}

function fromV6(text: string): bigint {
  const [head = '', tail = ''] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return groups.reduce((number, group) => number * 65_536n + BigInt(`0x${group}`), 0n);
}

function written(bits: 32 | 128, number: bigint): string {
  const width = bits === 32 ? 8n : 16n;
  const count = bits === 32 ? 4 : 8;
  const parts = Array.from(
    { length: count },
    (_, at) => (number >> (width * BigInt(count - 1 - at))) & ((1n << width) - 1n),
  );
  return bits === 32 ? parts.join('.') : parts.map((part) => part.toString(16)).join(':');
}

function within({ bits, base, prefix }: Block): fc.Arbitrary<string> {
  const size = 1n << BigInt(bits - prefix);
  return fc.bigInt({ min: 0n, max: size - 1n }).map((offset) => written(bits, base + offset));
}

function holds({ bits, base, prefix }: Block, number: bigint): boolean {
  const shift = BigInt(bits - prefix);
  return number >> shift === base >> shift;
}

describe('which addresses may be connected to', () => {
  test.each([...specialV4, ...specialV6])('every address in %s is refused [outbound.guarded]', (cidr) => {
    const special = block(cidr);
    const last = special.base + (1n << BigInt(special.bits - special.prefix)) - 1n;
    for (const edge of [special.base, last]) expect(addressRefusal(written(special.bits, edge))).toBeTypeOf('string');
    fc.assert(fc.property(within(special), (address) => addressRefusal(address) !== undefined));
  });

  test('every IPv4 address outside the special blocks passes', () => {
    const special = specialV4.map(block);
    const anyV4 = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
    fc.assert(
      fc.property(anyV4, (number) => {
        fc.pre(!special.some((one) => holds(one, number)));
        expect(addressRefusal(written(32, number))).toBeUndefined();
      }),
    );
  });

  test('an IPv4 address is refused in every IPv6 disguise [outbound.guarded]', () => {
    const anyV4 = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
    const disguises = ['::', '::ffff:0:0', '::ffff:0:0:0', '64:ff9b::', '64:ff9b:1::'].map(fromV6);
    fc.assert(
      fc.property(anyV4, fc.constantFrom(...disguises), (v4, prefix) => {
        expect(addressRefusal(written(128, prefix + v4))).toBeTypeOf('string');
      }),
    );
  });

  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.0.1',
    '172.32.0.1',
    '2606:4700::1111',
    '2a00:1450::5',
  ])('%s passes', (address) => {
    expect(addressRefusal(address)).toBeUndefined();
  });

  test.each(['', 'example.com', '1.2.3.4.5', 'fe80::1%eth0', '[::1]', '2606:4700::1111%eth0'])(
    '%j, which is no plain public address, is refused',
    (text) => {
      expect(addressRefusal(text)).toBeTypeOf('string');
    },
  );

  test.each([
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[0:0:0:0:0:0:0:1]/',
  ])('%s is seen as a literal address and refused', (url) => {
    const literal = literalAddress(new URL(url).hostname);
    expect(literal).toBeDefined();
    expect(addressRefusal(literal ?? '8.8.8.8')).toBeTypeOf('string');
  });
});
