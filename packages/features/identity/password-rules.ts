import { MeshError, type Secret } from '@devmesh/foundation';
import { commonPasswords } from './common-passwords.ts';

const minimumLength = 12;
const maximumLength = 256;
const fewestDifferent = 5;
const runs = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiopasdfghjklzxcvbnm', 'qwertzuiopasdfghjklyxcvbnm'];

/** The form in which a password is compared: the same characters however a keyboard composes them (NFKC). */
export function normalizePassword(password: Secret): string {
  return password.open().normalize('NFKC');
}

/**
 * Refuses, with `invalid_request`, a new password that is short, very long, among the commonest, or made of what everybody
 * can know (`known`: the person's address and name, the organization's slug). No rule about kinds of characters: length counts.
 */
export function checkNewPassword(password: Secret, known: readonly string[]): void {
  const text = normalizePassword(password);
  const { length } = Array.from(text);
  if (length < minimumLength) throw refusal(`must have at least ${String(minimumLength)} characters`);
  if (length > maximumLength) throw refusal(`must have at most ${String(maximumLength)} characters`);
  const plain = text.toLowerCase();
  if (isCommon(plain))
    throw refusal('is among those that are tried first; take several words that do not belong together');
  if (restsOnKnown(plain, known)) throw refusal('is made of a name that everybody can know');
}

function refusal(message: string): MeshError {
  return new MeshError('invalid_request', `The password ${message}.`, { issues: [{ path: 'body.password', message }] });
}

function isCommon(plain: string): boolean {
  const word = plain.replace(/[^\p{L}]+$/u, '');
  if (commonPasswords.has(plain) || commonPasswords.has(word)) return true;
  if (new Set(plain).size < fewestDifferent) return true;
  return isRepeated(plain) || isRun(plain);
}

/** `abcabcabcabc`, also where what is repeated is itself common. */
function isRepeated(plain: string): boolean {
  return /^(.{1,6})\1+.{0,5}$/u.test(plain);
}

/** Made of stretches of the alphabet, the digits or the keyboard, forwards or backwards: `abcdef123456`. */
function isRun(plain: string): boolean {
  const characters = Array.from(plain);
  const steps = characters.slice(1).filter((next, index) => isStep(characters[index] ?? '', next)).length;
  return steps >= (characters.length - 1) * 0.75;
}

function isStep(one: string, next: string): boolean {
  return one === next || runs.some((run) => run.includes(one + next) || run.includes(next + one));
}

function restsOnKnown(plain: string, known: readonly string[]): boolean {
  const words = known.flatMap((text) => [text, ...text.split(/[\s@.]+/u)]).map((text) => text.toLowerCase());
  return words.some((word) => word.length >= 4 && plain.replaceAll(word, '').length < minimumLength / 2);
}
