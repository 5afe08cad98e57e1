import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { keyTypes, type KeyType } from '@devmesh/api';
import { Secret } from '@devmesh/foundation';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 30;
const checksumLength = 6;
const pattern = new RegExp(`^dm_(${keyTypes.join('|')})_[0-9A-Za-z]{${String(randomLength + checksumLength)}}$`, 'u');

/** A new key: `dm_<type>_`, 30 random base-62 characters (178 bits), 6 of checksum, so that scanners recognize leaked ones. */
export function newToken(type: KeyType): Secret {
  let random = '';
  for (let index = 0; index < randomLength; index++) random += alphabet.charAt(randomInt(alphabet.length));
  const body = `dm_${type}_${random}`;
  return new Secret(body + checksum(body));
}

/** Whether a text can be a key at all; costs no look-up. */
export function isToken(text: string): boolean {
  if (!pattern.test(text)) return false;
  return checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

/** What is stored of a key. SHA-256 suffices: the key is 178 random bits, not a password. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** The recognizable beginning of a key, shown in lists. */
export function prefixOf(token: string): string {
  return token.slice(0, token.lastIndexOf('_') + 5);
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let index = 0; index < checksumLength; index++) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
