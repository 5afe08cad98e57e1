import { MeshError, type NewId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { PrincipalCache } from '../identity/index.ts';
import type { Attempt, Attempts } from './attempts.ts';
import type { ProviderProtocol } from './provider-client.ts';
import {
  isAllowedDomain,
  roleByClaims,
  verifiedEmail,
  type Claims,
  type ProviderSettings,
} from './provider-settings.ts';
import type { Provider, Providers } from './providers.ts';
import type { SignIns, Tokens } from './sign-ins.ts';
import { selectPersonByEmail, selectTenantBySlug } from './store-people.ts';
import { bindUser, changeRole, insertPerson, selectBoundUser } from './store-providers.ts';
import type { SignInThrottle } from './throttle.ts';

interface ProviderSignInOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly newId: NewId;
  readonly principals: PrincipalCache;
  readonly providers: Providers;
  readonly protocol: ProviderProtocol;
  readonly attempts: Attempts;
  readonly signIns: SignIns;
  readonly throttle: SignInThrottle;
  readonly audience: () => string;
  /** Where providers send the browser back to. */
  readonly redirectUri: () => string;
}

interface Caller {
  readonly address: string | undefined;
  readonly headers: Headers;
}

interface Answer extends Caller {
  /** The query that the provider sent the browser back with. */
  readonly query: string;
  /** What the browser that began keeps. */
  readonly browserSecret: string | undefined;
  readonly client: 'console' | 'cli';
}

/** Signs people in at the identity provider of their organization. */
export interface ProviderSignIn {
  /** The name of an organization's provider; undefined where there is none, or no such organization. */
  nameOf(organization: string): Promise<string | undefined>;
  /** Begins an attempt. Throws `not_found` where nothing is configured. */
  start(organization: string, caller: Caller): Promise<{ url: string; browserSecret: string }>;
  /** Opens a sign-in for whom the provider vouches. Throws `unauthenticated` where it vouches for nobody who may sign in. */
  finish(answer: Answer): Promise<Tokens>;
}

/** Builds the sign-in at providers. */
export function createProviderSignIn(options: ProviderSignInOptions): ProviderSignIn {
  const { throttle, attempts, protocol } = options;
  return {
    nameOf: async (organization) => (await findProvider(options, organization))?.provider.settings.name,
    start: async (organization, caller) => {
      await throttle.attempt(caller);
      const found = await findProvider(options, organization);
      if (found === undefined) throw new MeshError('not_found', 'There is no identity provider for this organization.');
      const { tenantId, provider } = found;
      const { issuer, clientId } = provider.client;
      const { attempt, browserSecret } = await attempts.begin({ tenantId, issuer, clientId });
      const url = await protocol.authorizationUrl(provider.client, options.redirectUri(), attempt.secrets);
      return { url, browserSecret };
    },
    finish: (answer) => finish(options, answer),
  };
}

async function findProvider({ database, providers }: ProviderSignInOptions, organization: string) {
  const tenantId = await database.system('authenticate', (tx) => selectTenantBySlug(tx, organization));
  const provider = tenantId === undefined ? undefined : await providers.find(tenantId);
  return tenantId === undefined || provider === undefined ? undefined : { tenantId, provider };
}

async function finish(options: ProviderSignInOptions, answer: Answer): Promise<Tokens> {
  await options.throttle.attempt(answer);
  const query = new URLSearchParams(answer.query);
  const attempt = await options.attempts.take(query.get('state') ?? '', answer.browserSecret);
  const { tenantId } = attempt;
  try {
    const provider = await providerOf(options, attempt);
    const url = new URL(`${options.redirectUri()}?${query.toString()}`);
    const claims = await options.protocol.claims(provider.client, url, attempt.secrets);
    const userId = await admit(options, tenantId, { provider, claims });
    const request = { tenantId, userId, client: answer.client, audience: options.audience() };
    return await options.signIns.start(request, (tx, { signInId }) =>
      options.audit.record(tx, {
        actor: `user:${userId}`,
        action: 'signIn.finishProvider',
        subject: signInId,
        detail: { client: answer.client, issuer: provider.client.issuer },
      }),
    );
  } catch (error) {
    await recordFailure(options, attempt, error);
    throw error;
  }
}

/** The provider as it was when the attempt began; one that was replaced meanwhile answers for nobody. */
async function providerOf({ providers }: ProviderSignInOptions, attempt: Attempt): Promise<Provider> {
  const provider = await providers.find(attempt.tenantId);
  if (provider?.client.issuer === attempt.issuer && provider.client.clientId === attempt.clientId) return provider;
  throw new MeshError('unauthenticated', 'The identity provider was changed in the meantime; begin again.');
}

interface Vouched {
  readonly provider: Provider;
  readonly claims: Claims & { readonly sub: string };
}

/** The user that the claims are of: who was bound before, or who has the verified address, or a new one. */
async function admit(options: ProviderSignInOptions, tenantId: string, { provider, claims }: Vouched): Promise<string> {
  const { settings } = provider;
  const role = roleByClaims(settings, claims);
  const about = { tenantId, issuer: provider.client.issuer, subject: claims.sub };
  return options.principals.change(tenantId, () =>
    options.database.tenant(tenantId, async (tx) => {
      const bound = await selectBoundUser(tx, about);
      const userId = bound ?? (await newcomer(options, tx, { tenantId, settings, claims }));
      if (bound === undefined && !(await bindUser(tx, { ...about, userId }))) {
        throw refused('This address belongs to a user who is somebody else at the identity provider.');
      }
      if (role !== undefined) await follow(options, tx, { userId, role });
      return userId;
    }),
  );
}

interface Newcomer {
  readonly tenantId: string;
  readonly settings: ProviderSettings;
  readonly claims: Claims & { readonly sub: string };
}

async function newcomer(
  options: ProviderSignInOptions,
  tx: Tx,
  { tenantId, settings, claims }: Newcomer,
): Promise<string> {
  const email = verifiedEmail(claims);
  if (email === undefined) throw refused('The identity provider does not say that your e-mail address is verified.');
  if (settings.domains.length > 0 && !isAllowedDomain(settings, email)) {
    throw refused('Addresses of this domain may not sign in to this organization.');
  }
  const known = await selectPersonByEmail(tx, email);
  if (known !== undefined) return known.id;
  if (!settings.autoProvision || settings.domains.length === 0) throw refused('Nobody has invited this address.');
  const id = options.newId();
  const role = roleByClaims(settings, claims) ?? settings.defaultRole;
  if (!(await insertPerson(tx, { tenantId, id, email, name: nameOf(claims, email), role }))) {
    throw new MeshError('conflict', 'This user was made by another request in this moment; sign in again.');
  }
  await options.audit.record(tx, { actor: `user:${id}`, action: 'users.provision', subject: id, detail: { role } });
  return id;
}

function nameOf({ name }: Claims, email: string): string {
  const told =
    typeof name === 'string'
      ? name
          .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
          .trim()
          .slice(0, 200)
      : '';
  return told === '' ? email : told;
}

async function follow(
  { audit }: ProviderSignInOptions,
  tx: Tx,
  { userId, role }: { userId: string; role: ReturnType<typeof roleByClaims> & string },
): Promise<void> {
  const before = await changeRole(tx, userId, role);
  if (before === undefined) return;
  const detail = { role, before, because: 'identity provider' };
  await audit.record(tx, { actor: `user:${userId}`, action: 'users.setRole', subject: userId, detail });
}

async function recordFailure(
  { database, audit }: ProviderSignInOptions,
  attempt: Attempt,
  error: unknown,
): Promise<void> {
  const reason = error instanceof MeshError ? error.code : 'internal';
  await database.tenant(attempt.tenantId, (tx) =>
    audit.record(tx, {
      actor: 'anonymous',
      action: 'signIn.finishProvider',
      subject: attempt.issuer,
      outcome: reason === 'unauthenticated' ? 'denied' : 'failed',
      detail: { reason },
    }),
  );
}

function refused(sentence: string): MeshError {
  return new MeshError('unauthenticated', sentence);
}
