import type { Clock, NewId } from '@devmesh/foundation';
import type { ClientAddress, Database, GuardedFetch, KeyValue, RateLimit } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { PasswordHasher, PrincipalCache } from '../identity/index.ts';
import type { Vault } from '../vault/index.ts';
import { createAttempts } from './attempts.ts';
import { createPasswordChange, type PasswordChange } from './change-password.ts';
import { createSessionCookies, type SessionCookies } from './cookies.ts';
import { createPasswordSignIn, type PasswordSignIn } from './password-sign-in.ts';
import { createProviderProtocol } from './provider-client.ts';
import { createProviderSignIn, type ProviderSignIn } from './provider-sign-in.ts';
import { createProviders, type Providers } from './providers.ts';
import type { PublicUrl } from './public-url.ts';
import type { SignIns } from './sign-ins.ts';
import { createSignInThrottle, type SignInThrottle } from './throttle.ts';

interface SignInOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly audit: Audit;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly principals: PrincipalCache;
  readonly passwords: PasswordHasher;
  readonly signIns: SignIns;
  readonly publicUrl: PublicUrl;
  readonly rateLimit: RateLimit;
  readonly fetch: GuardedFetch;
  readonly clientAddress: ClientAddress;
}

/** The ways in which people prove who they are, and the cookies of their browsers. */
export interface SignIn {
  readonly password: PasswordSignIn;
  readonly passwordChange: PasswordChange;
  readonly provider: ProviderSignIn;
  readonly providers: Providers;
  readonly throttle: SignInThrottle;
  readonly cookies: SessionCookies;
  readonly clientAddress: ClientAddress;
  readonly publicUrl: PublicUrl;
  /** The page of the console that providers send the browser back to. */
  redirectUri(): string;
}

/** Builds the ways to sign in. */
export function createSignIn(options: SignInOptions): SignIn {
  const { publicUrl, clientAddress } = options;
  const parts = { ...options, throttle: createSignInThrottle(options), audience: publicUrl.url };
  const protocol = createProviderProtocol(options);
  const providers = createProviders({ ...parts, protocol });
  const redirectUri = (): string => `${publicUrl.url()}/sign-in`;
  const attempts = createAttempts(options);
  return {
    password: createPasswordSignIn(parts),
    passwordChange: createPasswordChange(parts),
    provider: createProviderSignIn({ ...parts, protocol, providers, attempts, redirectUri }),
    providers,
    throttle: parts.throttle,
    cookies: createSessionCookies(publicUrl),
    clientAddress,
    publicUrl,
    redirectUri,
  };
}
