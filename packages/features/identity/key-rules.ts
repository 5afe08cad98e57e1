import { scopesOfKeyType, scopesOfRole, type KeyType, type Scope } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Principal } from './principal.ts';
import type { KeyRow, PresentedKey } from './store-keys.ts';

/** The MCP tools that a new key is confined to. */
interface ToolRequest {
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

export interface KeyRequest {
  readonly name: string;
  readonly type: KeyType;
  readonly scopes?: readonly Scope[] | undefined;
  readonly agentId?: string | undefined;
  readonly expiresAt?: string | undefined;
  readonly tools?: ToolRequest | undefined;
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
  refuseUnless(
    request.tools === undefined || request.type === 'agent' || request.type === 'gateway',
    'tools',
    'agent and gateway keys, and only those, may be confined to tools',
  );
  checkExpiry(request.expiresAt, now);
  refuseBeyond(creator, wanted);
  return wanted;
}

/** Refuses an end that has passed already. */
function checkExpiry(expiresAt: string | undefined, now: number): void {
  refuseUnless(expiresAt === undefined || Date.parse(expiresAt) > now, 'expiresAt', 'must lie in the future');
}

function refuseBeyond(giver: Principal, wanted: readonly Scope[]): void {
  const beyond = wanted.filter((scope) => !giver.scopes.includes(scope));
  if (beyond.length === 0) return;
  throw new MeshError('forbidden', `A key cannot give what it does not hold: ${beyond.join(', ')}.`);
}

/**
 * Refuses the rotation of a key that has ended, of one that is not the caller's own but somebody else's, and of one that may do
 * more than the caller: who rotates a key holds it afterwards.
 */
export function checkRotation(rotator: Principal, key: KeyRow, now: number): void {
  if (!isLive(key, now)) {
    throw new MeshError('invalid_state', 'The key has ended; create a new one.');
  }
  if (key.userId !== null && key.userId !== rotator.userId) {
    throw new MeshError('forbidden', 'The key belongs to somebody else: revoke it, and let them make another.');
  }
  refuseBeyond(rotator, key.scopes);
}

/** The new end of a key that takes the place of another: as far off as the other's was from its own beginning. */
export function expiryOfSuccessor(key: KeyRow, now: number): Date | undefined {
  if (key.expiresAt === null) return undefined;
  return new Date(now + key.expiresAt.getTime() - key.createdAt.getTime());
}

/** Whether a presented key opens anything: it has not ended, nor has its owner or its organization. */
export function isAccepted(key: PresentedKey, now: number): boolean {
  return isLive(key, now) && !key.deleting && (key.userId === null || key.ownerStatus === 'active');
}

/** What a key may do now: never more than its owner. */
export function effectiveScopes(key: PresentedKey): readonly Scope[] {
  if (key.userId === null) return key.scopes;
  const allowed = key.role === null ? [] : scopesOfRole[key.role];
  return key.scopes.filter((scope) => allowed.includes(scope));
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
function isLive(key: Validity, now: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt.getTime() > now);
}

const noteUseEveryMilliseconds = 60_000;

/** Whether a use is noted: once a minute is enough to tell a forgotten key from a busy one, and spares a write per request. */
export function isUseWorthNoting({ lastUsedAt }: { readonly lastUsedAt: Date | null }, now: number): boolean {
  return lastUsedAt === null || now - lastUsedAt.getTime() >= noteUseEveryMilliseconds;
}
