import { MeshError, Secret } from '@devmesh/foundation';
import type { MasterKeys, Tx } from '@devmesh/infrastructure';
import type { Actor } from '../audit/index.ts';
import { settingsIn, type Credential, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { createAccessTokens, type AccessTokens } from './access-token.ts';
import {
  addRefreshToken,
  isOpen,
  scopesOf,
  type OpenSignIn,
  type SignInRequest,
  type SignInParts,
} from './open-sign-in.ts';
import { refreshSignIn } from './refresh.ts';
import { accessTokenSeconds, createSigningKeys, type PublicJwk } from './signing-keys.ts';
import {
  endOldest,
  endSignIn,
  endSignInsOfUser,
  insertSignIn,
  selectSignIn,
  selectSignInsOfUser,
  type EndReason,
  type SignInRow,
} from './store.ts';

/** How long a person stays signed in at most. */
const signInSeconds = 30 * 86_400;
/** Live sign-ins of one person; the oldest ends when there are more. */
const mostLive = 50;

interface SignInsOptions extends Omit<SignInParts, 'tokens'> {
  readonly masterKeys: MasterKeys;
  /** Names us in our tokens. */
  readonly issuer: () => string;
  /** Our endpoints, for one of which a token must be. */
  readonly audiences: () => readonly string[];
}

/** The tokens of a sign-in, which exist in clear only here. */
export interface Tokens {
  readonly signIn: OpenSignIn;
  readonly accessToken: Secret;
  readonly accessTokenSeconds: number;
  readonly refreshToken: Secret;
}

interface Revocation {
  readonly tenantId: string;
  readonly signInId: string;
  readonly reason: EndReason;
  readonly actor: Actor;
  /** Where given, only a sign-in of this user. */
  readonly userId?: string;
}

interface RevocationOfUser {
  readonly tenantId: string;
  readonly userId: string;
  readonly reason: EndReason;
  readonly actor: Actor;
  /** A sign-in that stays. */
  readonly except?: string | undefined;
  /** Where given, only those that an OAuth client has for this audience. */
  readonly through?: { readonly client: string; readonly audience: string } | undefined;
}

/** Sign-ins of people: each gives short access tokens and one refresh token at a time. */
export interface SignIns {
  /** The public keys of access tokens, as a JWK set (RFC 7517). */
  keySet(): { readonly keys: readonly PublicJwk[] };
  /** Opens a sign-in; its refresh token counts once the transaction commits. Throws `unauthenticated` where the user is gone or disabled. */
  open(tx: Tx, request: SignInRequest): Promise<{ signIn: OpenSignIn; refreshToken: Secret }>;
  /** An access token of an open sign-in. */
  issue(signIn: OpenSignIn): Promise<Secret>;
  /** Opens a sign-in in a transaction of its own and issues both tokens; `also` runs in that transaction. */
  start(request: SignInRequest, also: (tx: Tx, signIn: OpenSignIn) => Promise<unknown>): Promise<Tokens>;
  /**
   * New tokens for a refresh token, which is thereby used up. One that was used before ends its sign-in: either it or its
   * successor is in the wrong hands. There is no grace: whoever lost the answer signs in again. Throws `unauthenticated`.
   */
  refresh(token: string, client: string): Promise<Tokens>;
  /** Who an access token is, by what the database says now. Throws `unauthenticated`. */
  authenticate(token: string): Promise<Principal>;
  /** Ends a sign-in at once, for every process; throws `not_found`. */
  revoke(revocation: Revocation): Promise<SignInRow>;
  /** Ends every sign-in of a user at once, for every process; `also` runs in that transaction. Returns how many. */
  revokeAllOfUser(revocation: RevocationOfUser, also?: (tx: Tx) => Promise<void>): Promise<number>;
  list(
    tenantId: string,
    userId: string,
    page: { cursor?: string | undefined; limit: number },
  ): Promise<Page<SignInRow>>;
}

/** Builds the sign-ins. */
export function createSignIns({ masterKeys, issuer, audiences, ...rest }: SignInsOptions): SignIns {
  const { database, clock, newId } = rest;
  const keys = createSigningKeys({ masterKeys, clock });
  const tokens = createAccessTokens({ keys, clock, newId, issuer, audiences });
  const options: SignInParts = { ...rest, tokens };
  const issue = (signIn: OpenSignIn): Promise<Secret> => issueAccessToken(tokens, signIn);
  return {
    keySet: () => ({ keys: keys.published() }),
    open: (tx, request) => open(options, tx, request),
    issue,
    start: async (request, also) => {
      const opened = await database.tenant(request.tenantId, async (tx) => {
        const result = await open(options, tx, request);
        await also(tx, result.signIn);
        return result;
      });
      return withAccessToken(tokens, opened);
    },
    refresh: async (token, client) => withAccessToken(tokens, await refreshSignIn(options, token, client)),
    authenticate: (token) => options.principals.read(token, () => authenticate(options, token)),
    revoke: (revocation) => revoke(options, revocation),
    revokeAllOfUser: (revocation, also) => revokeAllOfUser(options, revocation, also),
    list: async (tenantId, userId, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(tenantId, (tx) => selectSignInsOfUser(tx, { userId, after, limit }));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
  };
}

async function open(options: SignInParts, tx: Tx, request: SignInRequest) {
  const { clock, newId } = options;
  const now = new Date(clock.now());
  const settings = await settingsIn(tx, request.tenantId);
  const seconds = Math.min(signInSeconds, (settings?.sessionMaximumHours ?? Infinity) * 3_600);
  const expiresAt = new Date(clock.now() + seconds * 1_000);
  const signIn: OpenSignIn = { ...request, signInId: newId(), expiresAt };
  const { signInId, scopes = null, ...rest } = signIn;
  if (!(await insertSignIn(tx, { ...rest, id: signInId, scopes, now }))) {
    throw new MeshError('unauthenticated', 'There is no active user to sign in.');
  }
  await endOldest(tx, request.userId, { keep: mostLive, now });
  return { signIn, refreshToken: await addRefreshToken(tx, signIn, clock.now()) };
}

async function withAccessToken(
  tokens: AccessTokens,
  { signIn, refreshToken }: { signIn: OpenSignIn; refreshToken: Secret },
): Promise<Tokens> {
  return { signIn, accessToken: await issueAccessToken(tokens, signIn), accessTokenSeconds, refreshToken };
}

async function issueAccessToken(tokens: AccessTokens, signIn: OpenSignIn): Promise<Secret> {
  const token = await tokens.sign({
    aud: signIn.audience,
    sub: signIn.userId,
    tid: signIn.tenantId,
    sid: signIn.signInId,
    scope: (signIn.scopes ?? []).join(' '),
    client_id: signIn.client,
  });
  return new Secret(token);
}

async function authenticate({ database, clock, tokens }: SignInParts, token: string): Promise<Credential> {
  const claims = await tokens.verify(token);
  const row = await database.tenant(claims.tid, (tx) => selectSignIn(tx, claims.sid));
  const belongs =
    row?.userId === claims.sub && row.client === claims.client_id && row.audience === claims.aud && isOpen(row, clock);
  if (!belongs) throw new MeshError('unauthenticated', 'The sign-in of this access token has ended.');
  const principal: Principal = {
    tenantId: claims.tid,
    keyId: row.id,
    keyType: 'user',
    scopes: scopesOf(row),
    agentId: undefined,
    userId: row.userId,
    role: row.role,
    via: 'sign-in',
    audience: row.audience,
  };
  return { principal, endsAt: Math.min(claims.exp * 1_000, row.expiresAt.getTime()) };
}

function revoke({ database, principals, audit, clock }: SignInParts, revocation: Revocation): Promise<SignInRow> {
  const { tenantId, signInId, reason, actor, userId } = revocation;
  const now = new Date(clock.now());
  return principals.change(tenantId, () =>
    database.tenant(tenantId, async (tx) => {
      const row = await endSignIn(tx, signInId, { reason, now, ...(userId === undefined ? {} : { userId }) });
      if (row === undefined) throw new MeshError('not_found', `There is no sign-in ${signInId}.`);
      const action = reason === 'signed_out' ? 'signIn.signOut' : 'signIn.revokeSignIn';
      await audit.record(tx, { actor, action, subject: signInId, detail: { user: row.userId, reason } });
      return row;
    }),
  );
}

function revokeAllOfUser(
  { database, principals, audit, clock }: SignInParts,
  { tenantId, actor, ...ending }: RevocationOfUser,
  also: ((tx: Tx) => Promise<void>) | undefined,
): Promise<number> {
  return principals.change(tenantId, () =>
    database.tenant(tenantId, async (tx) => {
      await also?.(tx);
      const ended = await endSignInsOfUser(tx, { ...ending, now: new Date(clock.now()) });
      await audit.record(tx, {
        actor,
        action: 'signIn.revokeSignInsOfUser',
        subject: ending.userId,
        detail: { reason: ending.reason, ended: ended.length },
      });
      return ended.length;
    }),
  );
}
