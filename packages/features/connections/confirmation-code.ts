import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { Secret } from '@devmesh/foundation';

/** No vowels, so that no code is a word, and nothing that looks like a digit. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** How often a code may be entered: five guesses among 20^8 codes. */
export const mostTries = 5;

/** A code that a person can copy from a terminal, such as `BCDF-GHJK`. */
export function newConfirmationCode(): Secret {
  const text = Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join('');
  return new Secret(`${text.slice(0, length / 2)}-${text.slice(length / 2)}`);
}

/** What stands for a code where it is stored. Without the state, which is not there, nobody can try codes against it. */
export function digestOfCode(state: string, code: string): string {
  return createHash('sha256')
    .update(`${state} ${lettersOf(code)}`)
    .digest('hex');
}

/** Whether a digest is that of an entered code, however it is spaced and written. */
export function isCode(digest: string, state: string, entered: string): boolean {
  return timingSafeEqual(Buffer.from(digest, 'hex'), Buffer.from(digestOfCode(state, entered), 'hex'));
}

function lettersOf(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/gu, '');
}
