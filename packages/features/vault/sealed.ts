import { decrypt, encrypt, overhead, refusal } from './cipher.ts';

/** Where a secret is stored; it opens nowhere else. */
export interface SecretPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

/** A tenant's key, opened. */
export interface TenantKey {
  readonly version: number;
  readonly key: Buffer;
}

/**
 * What stands before every encrypted text: a byte for the format and 4 for the key, big-endian. It is authenticated too, so
 * that neither can be exchanged. In format 1 it was not.
 */
const headerLength = 5;
const format = 2;
const firstFormat = 1;

/** Seals a text for its place. */
export function sealUnder({ version, key }: TenantKey, place: SecretPlace, text: Uint8Array): Buffer {
  return encryptUnder(key, { keyNumber: version, context: contextOf(place) }, text);
}

/** The version of the key that a sealed text names; throws the refusal for what is no sealed text. */
export function versionOf(sealed: Uint8Array): number {
  return readHeader(sealed).keyNumber;
}

/** Opens what was sealed for a place under the key that it names. */
export function openUnder(key: Buffer, place: SecretPlace, sealed: Uint8Array): Buffer {
  return decryptUnder(key, contextOf(place), sealed);
}

interface Binding {
  readonly keyNumber: number;
  readonly context: string;
}

/** A text with a header that names its key. */
export function encryptUnder(key: Buffer, { keyNumber, context }: Binding, text: Uint8Array): Buffer {
  const header = Buffer.alloc(headerLength);
  header.writeUInt8(format, 0);
  header.writeUInt32BE(keyNumber, 1);
  return Buffer.concat([header, encrypt(key, text, Buffer.concat([header, Buffer.from(context, 'utf8')]))]);
}

/** Reverses `encryptUnder`, and opens texts of format 1. */
export function decryptUnder(key: Buffer, context: string, sealed: Uint8Array): Buffer {
  const { isFirst } = readHeader(sealed);
  const header = sealed.subarray(0, isFirst ? 0 : headerLength);
  return decrypt(key, sealed.subarray(headerLength), Buffer.concat([header, Buffer.from(context, 'utf8')]));
}

/** The number of the key that a text names. */
export function readHeader(sealed: Uint8Array): { readonly keyNumber: number; readonly isFirst: boolean } {
  if (sealed.length < headerLength + overhead) throw refusal();
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, headerLength);
  const given = bytes.readUInt8(0);
  if (given !== format && given !== firstFormat) throw refusal();
  return { keyNumber: bytes.readUInt32BE(1), isFirst: given === firstFormat };
}

function contextOf(place: SecretPlace): string {
  return JSON.stringify([place.tenantId, place.table, place.row, place.field]);
}
