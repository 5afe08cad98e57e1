import { createHash, randomBytes } from 'node:crypto';
import type { Secret } from '@devmesh/foundation';
import type { KeyValue } from '@devmesh/infrastructure';
import { z } from 'zod';
import type { ConnectionMode } from './provider.ts';

/** How long a person has to consent. */
export const consentSeconds = 600;

const randomLength = 32;
const tenantLength = 16;

const consent = z.object({
  providerId: z.string(),
  mode: z.enum(['user', 'organization']),
  userId: z.string().nullable(),
  startedBy: z.string(),
  scopes: z.array(z.string()),
  redirectUri: z.string(),
  /** Sealed for this state, in base64. */
  verifier: z.string(),
});

/** A consent that was asked for: whose it is, and what proves that the answer is for us. */
export interface PendingConsent {
  readonly providerId: string;
  readonly mode: ConnectionMode;
  /** Null with mode `organization`. */
  readonly userId: string | null;
  /** Who asked, as the audit trail names them. */
  readonly startedBy: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly verifier: string;
}

/** The `state` of a consent: the organization, which the browser's return tells by nothing else, and 256 random bits. */
export function newState(tenantId: string): string {
  const tenant = Buffer.from(tenantId.replaceAll('-', ''), 'hex');
  return Buffer.concat([tenant, randomBytes(randomLength)]).toString('base64url');
}

/** The organization that a state names; undefined for what is no state of ours. */
export function tenantOfState(state: string): string | undefined {
  if (!/^[\w-]{64}$/u.test(state)) return undefined;
  const hex = Buffer.from(state, 'base64url').subarray(0, tenantLength).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

/** What stands for a state where it is stored: its digest. */
export function digestOfState(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

/** Remembers a consent for ten minutes. */
export async function rememberConsent(
  keyvalue: KeyValue,
  tenantId: string,
  state: Secret,
  pending: PendingConsent,
): Promise<void> {
  await keyvalue.set(keyOf(tenantId, state.open()), JSON.stringify(pending), consentSeconds);
}

/** Takes a consent back, once: whoever comes second finds nothing. */
export async function takeConsent(
  keyvalue: KeyValue,
  tenantId: string,
  state: string,
): Promise<PendingConsent | undefined> {
  const key = keyOf(tenantId, state);
  const text = await keyvalue.get(key);
  if (text === undefined || !(await keyvalue.delete(key, text))) return undefined;
  return consent.parse(JSON.parse(text));
}

function keyOf(tenantId: string, state: string): string {
  return `${tenantId}:connections:${digestOfState(state)}`;
}
