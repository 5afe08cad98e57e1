import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';

const prefix = 'whsec_';
const secretBytes = 32;

/** A new signing secret as Standard Webhooks writes it. */
export function newSigningSecret(): Secret {
  return new Secret(prefix + randomBytes(secretBytes).toString('base64'));
}

interface Signed {
  readonly id: string;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Exactly what is sent. */
  readonly body: string;
}

/** The `webhook-signature` of Standard Webhooks: one for each secret, so that a receiver may hold either during a rotation. */
export function signatureOf(secrets: readonly Secret[], { id, timestamp, body }: Signed): string {
  const content = `${id}.${String(timestamp)}.${body}`;
  return secrets.map((secret) => `v1,${hmac(secret, content)}`).join(' ');
}

function hmac(secret: Secret, content: string): string {
  const key = Buffer.from(secret.open().slice(prefix.length), 'base64');
  return createHmac('sha256', key).update(content, 'utf8').digest('base64');
}
