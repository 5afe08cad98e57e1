import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { keyTypes, type KeyType } from '@devmesh/api';
import { Secret } from '@devmesh/foundation';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 30;
const checksumLength = 6;
const tail = `[0-9A-Za-z]{${String(randomLength + checksumLength)}}`;

/** What a token stands for: a key of some type, or an invitation. */
type TokenKind = KeyType | 'invite';

/** What secret scanners look for in texts; a match is a token if its checksum fits. */
export const tokenPattern = `dm_(?:${keyTypes.join('|')}|invite)_${tail}`;

const keyPattern = new RegExp(`^dm_(?:${keyTypes.join('|')})_${tail}$`, 'u');
const invitationPattern = new RegExp(`^dm_invite_${tail}$`, 'u');

/** A new token: `dm_<kind>_`, 30 random base-62 characters (178 bits), 6 of checksum, so that scanners recognize leaked ones. */
export function newToken(type: TokenKind): Secret {
  let random = '';
  for (let index = 0; index < randomLength; index++) random += alphabet.charAt(randomInt(alphabet.length));
  const body = `dm_${type}_${random}`;
  return new Secret(body + checksum(body));
}

/** Whether a text can be a key at all; costs no look-up. */
export function isToken(text: string): boolean {
  return keyPattern.test(text) && hasChecksum(text);
}

/** Whether a text can be the token of an invitation. */
export function isInvitationToken(text: string): boolean {
  return invitationPattern.test(text) && hasChecksum(text);
}

function hasChecksum(text: string): boolean {
  return checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

/** What is stored of a token. SHA-256 suffices: it is 178 random bits, not a password. */
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
