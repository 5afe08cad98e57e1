import { createHmac, timingSafeEqual } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import type { Kind } from './kind.ts';

const signaturePattern = /^sha256=([0-9a-f]{64})$/u;

/** GitHub: HMAC-SHA256 of the raw body in `X-Hub-Signature-256` (docs.github.com, "Validating webhook deliveries"). */
export const github: Kind = {
  verify: ({ headers, rawBody }, secret) => {
    const given = signaturePattern.exec(headers.get('x-hub-signature-256') ?? '')?.[1];
    const expected = createHmac('sha256', secret.open()).update(rawBody).digest();
    if (given === undefined || !timingSafeEqual(Buffer.from(given, 'hex'), expected)) {
      throw new MeshError('bad_signature', 'X-Hub-Signature-256 is missing or does not match the body.');
    }
  },
  envelope: ({ headers }) => ({
    event: required(headers, 'x-github-event', 100),
    deliveryId: required(headers, 'x-github-delivery', 200),
  }),
};

function required(headers: Headers, name: string, maximumLength: number): string {
  const value = headers.get(name) ?? '';
  if (value === '' || value.length > maximumLength) {
    throw new MeshError('invalid_request', `The header ${name} must have 1 to ${String(maximumLength)} characters.`);
  }
  return value;
}
