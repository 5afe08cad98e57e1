import type { Secret } from '@devmesh/foundation';

const longest = 500;
const redacted = '[redacted]';
const signingSecret = /whsec_[\w+/=-]{8,}/gu;
const authorization = /\b(?<scheme>bearer|basic)\s+[\w.~+/=-]{6,}/giu;

/**
 * The beginning of an answer, fit to be stored and shown: a receiver may echo what it was sent, so the endpoint's own
 * secrets and what looks like one are replaced, and so are control characters.
 */
export function excerptOf(text: string, secrets: readonly Secret[]): string {
  // Replaced before it is cut: half a secret would no longer be recognized.
  let shown = text.slice(0, 64_000);
  for (const secret of secrets) shown = shown.replaceAll(secret.open(), redacted);
  shown = shown.replaceAll(signingSecret, redacted).replaceAll(authorization, `$<scheme> ${redacted}`);
  return shown
    .replaceAll(/[\p{Cc}\p{Cf}\p{Surrogate}]+/gu, ' ')
    .trim()
    .slice(0, longest)
    .replaceAll(/\p{Surrogate}/gu, '');
}
