import { scopesOfRole, type Scope } from '@devmesh/api';
import type { Clock, NewId, Secret } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { PrincipalCache } from '../identity/index.ts';
import type { AccessTokens } from './access-token.ts';
import { hashRefreshToken, newRefreshToken } from './refresh-token.ts';
import { insertRefreshToken, type SignInOfUser } from './store.ts';

/** What the steps of a sign-in work with. */
export interface SignInParts {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly tokens: AccessTokens;
  readonly principals: PrincipalCache;
}

/** How long a person stays signed in without coming back. */
export const refreshSeconds = 7 * 86_400;

/** A sign-in to be opened, for somebody who has just proved who they are. */
export interface SignInRequest {
  readonly tenantId: string;
  readonly userId: string;
  /** `console`, `cli` or the id of an OAuth client. */
  readonly client: string;
  /** The endpoint that its access tokens are for. */
  readonly audience: string;
  /** At most these; absent: everything that the person's role allows. */
  readonly scopes?: readonly Scope[] | undefined;
}

/** An open sign-in, as its access tokens are issued for it. */
export interface OpenSignIn extends SignInRequest {
  readonly signInId: string;
  readonly expiresAt: Date;
}

/** A new refresh token of a sign-in, which ends with it at the latest. */
export async function addRefreshToken(tx: Tx, signIn: OpenSignIn, now: number): Promise<Secret> {
  const token = newRefreshToken(signIn.tenantId);
  await insertRefreshToken(tx, {
    tenantId: signIn.tenantId,
    hash: hashRefreshToken(token.open()),
    signInId: signIn.signInId,
    now: new Date(now),
    expiresAt: new Date(Math.min(signIn.expiresAt.getTime(), now + refreshSeconds * 1_000)),
  });
  return token;
}

/** Whether a sign-in opens anything: neither it, nor its person, nor the organization has ended. */
export function isOpen(row: SignInOfUser, clock: Clock): boolean {
  return row.revokedAt === null && row.expiresAt.getTime() > clock.now() && row.status === 'active' && !row.deleting;
}

/** What a sign-in allows now: the role of its person, narrowed to what was granted. */
export function scopesOf({ role, scopes }: SignInOfUser): readonly Scope[] {
  const allowed = scopesOfRole[role];
  return scopes === null ? allowed : allowed.filter((scope) => scopes.includes(scope));
}
