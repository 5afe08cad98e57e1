import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from './cipher.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const here = Buffer.from('here');

/** The test cases with 256-bit keys and 96-bit IVs of "The Galois/Counter Mode of Operation" (McGrew and Viega), which NIST took over. */
const plaintext =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255';
const ciphertext =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad';
const key = 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308';
const iv = 'cafebabefacedbaddecaf888';
const vectors = [
  {
    name: 13,
    key: '00'.repeat(32),
    iv: '00'.repeat(12),
    text: '',
    context: '',
    cipher: '',
    tag: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    name: 14,
    key: '00'.repeat(32),
    iv: '00'.repeat(12),
    text: '00'.repeat(16),
    context: '',
    cipher: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  { name: 15, key, iv, text: plaintext, context: '', cipher: ciphertext, tag: 'b094dac5d93471bdec1a502270e3cc6c' },
  {
    name: 16,
    key,
    iv,
    text: plaintext.slice(0, 120),
    context: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    cipher: ciphertext.slice(0, 120),
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
];

describe('cipher', () => {
  it.each(vectors)('gives and takes what the published test case $name says', (vector) => {
    const expected = hex(vector.iv + vector.cipher + vector.tag);
    const given = encrypt(hex(vector.key), hex(vector.text), hex(vector.context), hex(vector.iv));
    expect(given.toString('hex')).toBe(expected.toString('hex'));
    expect(decrypt(hex(vector.key), expected, hex(vector.context)).toString('hex')).toBe(vector.text);
  });

  it.each(vectors)('refuses the published test case $name with any bit of its tag changed', (vector) => {
    const sealed = hex(vector.iv + vector.cipher + vector.tag);
    for (let bit = 0; bit < 128; bit += 1) {
      const altered = Buffer.from(sealed);
      const at = altered.length - 1 - Math.floor(bit / 8);
      altered[at] = (altered[at] ?? 0) ^ (1 << (bit % 8));
      expect(() => decrypt(hex(vector.key), altered, hex(vector.context))).toThrow(/does not open/u);
    }
  });

  it('reverses itself for every text and context, and for no other key or context', () => {
    const [secret, other] = [randomBytes(32), randomBytes(32)];
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, bytes, bytes, (text, context, strange) => {
        const sealed = encrypt(secret, text, context);
        expect(decrypt(secret, sealed, context).equals(Buffer.from(text))).toBe(true);
        expect(() => decrypt(other, sealed, context)).toThrow(/does not open/u);
        fc.pre(!Buffer.from(context).equals(Buffer.from(strange)));
        expect(() => decrypt(secret, sealed, strange)).toThrow(/does not open/u);
      }),
    );
  });

  it('takes another IV for each text, of 96 bits', () => {
    const secret = randomBytes(32);
    const ivs = Array.from({ length: 20_000 }, () => encrypt(secret, here, here).subarray(0, 12).toString('hex'));
    expect(new Set(ivs).size).toBe(ivs.length);
    expect(encrypt(secret, here, here)).toHaveLength(12 + here.length + 16);
  });
});
