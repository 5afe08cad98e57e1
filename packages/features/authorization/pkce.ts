import { createHash, timingSafeEqual } from 'node:crypto';

const challengePattern = /^[\w-]{43}$/u;
const verifierPattern = /^[A-Za-z0-9._~-]{43,128}$/u;

/** Whether a text can be an S256 challenge (RFC 7636): 32 bytes in base64url. */
export function isChallenge(text: string): boolean {
  return challengePattern.test(text);
}

/** Whether a verifier is the one that a challenge was made from; compared in constant time. */
export function provesChallenge(verifier: string, challenge: string): boolean {
  if (!verifierPattern.test(verifier)) return false;
  const made = createHash('sha256').update(verifier, 'ascii').digest('base64url');
  return made.length === challenge.length && timingSafeEqual(Buffer.from(made), Buffer.from(challenge));
}
