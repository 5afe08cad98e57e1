import { refuse } from './hmac.ts';
import type { Verification } from './kind.ts';

/** Throws `bad_signature` unless the text is Unix seconds (or milliseconds, by 13 digits) inside the replay window. */
export function requireRecent(
  text: string | undefined,
  { now, toleranceSeconds }: Pick<Verification, 'now' | 'toleranceSeconds'>,
): string {
  const distance = Math.abs(now - millisecondsOf(text ?? ''));
  if (text === undefined || !(distance <= toleranceSeconds * 1000)) {
    throw refuse(`The signed timestamp is missing or not within ${String(toleranceSeconds)} s of now.`);
  }
  return text;
}

function millisecondsOf(text: string): number {
  if (/^[0-9]{1,11}$/u.test(text)) return Number(text) * 1000;
  return /^[0-9]{13}$/u.test(text) ? Number(text) : Number.NaN;
}
