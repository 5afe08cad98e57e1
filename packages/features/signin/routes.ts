import { operations, type ResponseOf } from '@devmesh/api';
import { MeshError, Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import { route, type Route } from '../routing.ts';
import { attemptSeconds } from './attempts.ts';
import { refreshSeconds } from './open-sign-in.ts';
import { requireSameOrigin } from './same-origin.ts';
import type { SignIn } from './sign-in.ts';
import type { SignIns, Tokens } from './sign-ins.ts';
import { selectPerson } from './store-people.ts';
import type { ProviderRow } from './store-providers.ts';
import type { SignInRow } from './store.ts';

interface SignInRoutesOptions {
  readonly database: Database;
  readonly signIn: SignIn;
  readonly signIns: SignIns;
}

type Session = 'tokens' | 'cookie';
type SignInView = ResponseOf<typeof operations.signIn.revokeSignIn>;

/** The routes of sign-in. */
export function signInRoutes(options: SignInRoutesOptions): readonly Route[] {
  return [
    ...wayIn(options),
    ...staying(options),
    ...ownSignIns(options),
    ...signInsOfUsers(options),
    ...provider(options),
  ];
}

function wayIn({ signIn }: SignInRoutesOptions): readonly Route[] {
  const { clientAddress, cookies } = signIn;
  return [
    route(operations.signIn.options, async ({ query }) => {
      const name = await signIn.provider.nameOf(query.organization);
      return { password: true, ...(name === undefined ? {} : { provider: { name } }) };
    }),
    route(operations.signIn.password, async ({ body, request, headers }) => {
      checkPage(signIn, request, body.session);
      const tokens = await signIn.password.signIn({
        ...body,
        password: new Secret(body.password),
        client: clientOf(body.session),
        address: clientAddress(request),
        headers,
      });
      return answer(signIn, { tokens, headers, session: body.session });
    }),
    route(operations.signIn.startProvider, async ({ body, request, headers }) => {
      requireSameOrigin(request, signIn.publicUrl.url());
      const caller = { address: clientAddress(request), headers };
      const { url, browserSecret } = await signIn.provider.start(body.organization, caller);
      headers.append('set-cookie', cookies.keepAttempt(browserSecret, attemptSeconds));
      return { url };
    }),
    route(operations.signIn.finishProvider, async ({ body, request, headers }) => {
      requireSameOrigin(request, signIn.publicUrl.url());
      headers.append('set-cookie', cookies.forgetAttempt());
      const tokens = await signIn.provider.finish({
        query: body.query,
        browserSecret: cookies.attempt(request),
        client: clientOf(body.session),
        address: clientAddress(request),
        headers,
      });
      return answer(signIn, { tokens, headers, session: body.session });
    }),
  ];
}

function staying({ signIn, signIns }: SignInRoutesOptions): readonly Route[] {
  const { clientAddress, cookies } = signIn;
  return [
    route(operations.signIn.refresh, async ({ body, request, headers }) => {
      checkPage(signIn, request, body.session);
      const token = body.session === 'cookie' ? cookies.refreshToken(request) : body.refreshToken;
      const tokens = await signIns.refresh(token ?? '', clientOf(body.session));
      return answer(signIn, { tokens, headers, session: body.session });
    }),
    route(operations.signIn.signOut, async ({ principal, headers }) => {
      if (principal.via !== 'sign-in') throw new MeshError('invalid_state', 'A key does not sign out: revoke it.');
      const { tenantId, keyId: signInId } = principal;
      await signIns.revoke({ tenantId, signInId, reason: 'signed_out', actor: actorOf(principal) });
      for (const cookie of cookies.forget()) headers.append('set-cookie', cookie);
      return undefined;
    }),
    route(operations.signIn.changePassword, async ({ principal, body, request, headers }) => {
      await signIn.passwordChange.change(principal, {
        password: new Secret(body.password),
        newPassword: new Secret(body.newPassword),
        address: clientAddress(request),
        headers,
      });
      return undefined;
    }),
  ];
}

function ownSignIns({ signIns }: SignInRoutesOptions): readonly Route[] {
  return [
    route(operations.signIn.listSignIns, async ({ principal, query }) => {
      const { tenantId, userId } = principal;
      // A key that belongs to nobody has no sign-ins.
      if (userId === undefined) return { items: [] };
      return presentPage(await signIns.list(tenantId, userId, query), principal);
    }),
    route(operations.signIn.revokeSignIn, async ({ principal, params: { signInId } }) => {
      const { tenantId, userId } = principal;
      if (userId === undefined) throw new MeshError('not_found', `There is no sign-in ${signInId}.`);
      const actor = actorOf(principal);
      return present(await signIns.revoke({ tenantId, signInId, userId, reason: 'revoked', actor }), principal);
    }),
  ];
}

function signInsOfUsers({ database, signIns }: SignInRoutesOptions): readonly Route[] {
  const requireUser = async (tenantId: string, userId: string): Promise<void> => {
    const person = await database.tenant(tenantId, (tx) => selectPerson(tx, userId));
    if (person === undefined) throw new MeshError('not_found', `There is no user ${userId}.`);
  };
  return [
    route(operations.signIn.listSignInsOfUser, async ({ principal, params: { userId }, query }) => {
      await requireUser(principal.tenantId, userId);
      return presentPage(await signIns.list(principal.tenantId, userId, query), principal);
    }),
    route(operations.signIn.revokeSignInsOfUser, async ({ principal, params: { userId } }) => {
      const { tenantId } = principal;
      await requireUser(tenantId, userId);
      const ended = await signIns.revokeAllOfUser({ tenantId, userId, reason: 'revoked', actor: actorOf(principal) });
      return { ended };
    }),
  ];
}

function provider({ signIn }: SignInRoutesOptions): readonly Route[] {
  const { providers } = signIn;
  const redirectUri = (): string => signIn.redirectUri();
  return [
    route(operations.signIn.showProvider, async ({ principal }) =>
      presentProvider(await providers.show(principal.tenantId), redirectUri()),
    ),
    route(operations.signIn.setProvider, async ({ principal, body: { clientSecret, ...settings } }) => {
      const secret = clientSecret === undefined ? undefined : new Secret(clientSecret);
      return presentProvider(await providers.set(principal, settings, secret), redirectUri());
    }),
    route(operations.signIn.removeProvider, async ({ principal }) => {
      await providers.remove(principal);
      return undefined;
    }),
  ];
}

/** Cookies are set for a page of ours only: else any page could sign its visitors in as somebody. */
function checkPage({ publicUrl }: SignIn, request: Request, session: Session): void {
  if (session === 'cookie') requireSameOrigin(request, publicUrl.url());
}

function clientOf(session: Session): 'console' | 'cli' {
  return session === 'cookie' ? 'console' : 'cli';
}

interface Answer {
  readonly tokens: Tokens;
  readonly headers: Headers;
  readonly session: Session;
}

function answer(
  { cookies }: SignIn,
  { tokens, headers, session }: Answer,
): ResponseOf<typeof operations.signIn.refresh> {
  const [accessToken, refreshToken] = [tokens.accessToken.open(), tokens.refreshToken.open()];
  const { signInId, expiresAt } = tokens.signIn;
  const about = { signInId, expiresAt: expiresAt.toISOString(), accessTokenSeconds: tokens.accessTokenSeconds };
  if (session === 'tokens') return { ...about, accessToken, refreshToken };
  for (const cookie of cookies.keep({ accessToken, refreshToken, refreshSeconds }))
    headers.append('set-cookie', cookie);
  return about;
}

function presentPage(
  { items, ...page }: Page<SignInRow>,
  principal: Principal,
): { items: SignInView[]; nextCursor?: string } {
  return { ...page, items: items.map((row) => present(row, principal)) };
}

function present(row: SignInRow, principal: Principal): SignInView {
  return {
    id: row.id,
    client: row.client,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    current: row.id === principal.keyId,
    ...(row.revokedAt === null ? {} : { endedAt: row.revokedAt.toISOString() }),
    ...(row.revokedReason === null ? {} : { endReason: row.revokedReason }),
  };
}

function presentProvider(row: ProviderRow, redirectUri: string): ResponseOf<typeof operations.signIn.showProvider> {
  const { name, issuer, clientId, domains, autoProvision, defaultRole, roleClaim, roles, updatedAt } = row;
  return {
    name,
    issuer,
    clientId,
    autoProvision,
    defaultRole,
    redirectUri,
    domains: [...domains],
    roles: [...roles],
    updatedAt: updatedAt.toISOString(),
    ...(roleClaim === null ? {} : { roleClaim }),
  };
}
