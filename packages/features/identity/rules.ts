import { scopesOfKeyType, type KeyType, type Scope } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Principal } from './principal.ts';

interface KeyRequest {
  readonly type: KeyType;
  readonly scopes?: readonly Scope[] | undefined;
  readonly agentId?: string | undefined;
  readonly expiresAt?: string | undefined;
}

/** The scopes a new key gets; throws when it asks for what its type, or its creator, may not have. */
export function grantScopes(creator: Principal, request: KeyRequest, now: number): readonly Scope[] {
  const allowed = scopesOfKeyType[request.type];
  const wanted = request.scopes ?? allowed;
  refuseUnless(
    wanted.every((scope) => allowed.includes(scope)),
    'scopes',
    `a ${request.type} key may hold at most: ${allowed.join(', ')}`,
  );
  refuseUnless(
    (request.type === 'agent') === (request.agentId !== undefined),
    'agentId',
    'agent keys, and only those, name their agent',
  );
  const expiry = request.expiresAt;
  refuseUnless(expiry === undefined || Date.parse(expiry) > now, 'expiresAt', 'must lie in the future');
  const beyond = wanted.filter((scope) => !creator.scopes.includes(scope));
  if (beyond.length > 0) {
    throw new MeshError('forbidden', `A key cannot give what it does not hold: ${beyond.join(', ')}.`);
  }
  return wanted;
}

function refuseUnless(condition: boolean, field: string, message: string): void {
  if (!condition) {
    throw new MeshError('invalid_request', `${field}: ${message}.`, { issues: [{ path: `body.${field}`, message }] });
  }
}

interface Validity {
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Whether a stored key still opens anything. */
export function isLive(key: Validity, now: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt.getTime() > now);
}

const noteUseEveryMilliseconds = 60_000;

/** Whether a use is noted: once a minute is enough to tell a forgotten key from a busy one, and spares a write per request. */
export function isUseWorthNoting({ lastUsedAt }: { readonly lastUsedAt: Date | null }, now: number): boolean {
  return lastUsedAt === null || now - lastUsedAt.getTime() >= noteUseEveryMilliseconds;
}
