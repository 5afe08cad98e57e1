import { createHash, randomBytes } from 'node:crypto';
import { MeshError, type Secret } from '@devmesh/foundation';
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
  starterId: z.string().nullable(),
  codeDigest: z.string(),
  shown: z.object({ provider: z.string(), organization: z.string(), email: z.string().nullable() }),
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
  /** The person who asked; null where a key did that is nobody's. */
  readonly starterId: string | null;
  /** What the confirmation code is known by. */
  readonly codeDigest: string;
  /** What the page says of it. */
  readonly shown: {
    readonly provider: string;
    readonly organization: string;
    readonly email: string | null;
  };
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
function tenantOfState(state: string): string | undefined {
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

/** A consent that waits for its answer. */
export interface WaitingConsent {
  readonly tenantId: string;
  readonly state: string;
  readonly pending: PendingConsent;
  /** Ends the waiting, once: whoever comes second gets false. */
  take(): Promise<boolean>;
}

/** Looks a consent up and leaves it. Throws `invalid_request` for a state that is unknown, used or too old. */
export async function findConsent(keyvalue: KeyValue, state: string): Promise<WaitingConsent> {
  const tenantId = tenantOfState(state);
  const key = tenantId === undefined ? undefined : keyOf(tenantId, state);
  const text = key === undefined ? undefined : await keyvalue.get(key);
  if (tenantId === undefined || key === undefined || text === undefined) throw overConsent();
  const pending = consent.parse(JSON.parse(text));
  return { tenantId, state, pending, take: () => keyvalue.delete(key, text) };
}

/** What is told of a state that is unknown, used or too old. */
export function overConsent(): MeshError {
  return new MeshError('invalid_request', 'This address was used already, or is older than ten minutes.');
}

/** Counts a try to confirm a consent by its code; returns how many there were. */
export function countTry(keyvalue: KeyValue, { tenantId, state }: WaitingConsent): Promise<number> {
  return keyvalue.increment(`${keyOf(tenantId, state)}:tries`, 1, consentSeconds);
}

function keyOf(tenantId: string, state: string): string {
  return `${tenantId}:connections:${digestOfState(state)}`;
}
