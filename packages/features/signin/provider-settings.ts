import type { Role } from '@devmesh/api';

/** How people of an organization sign in at an OpenID provider. */
export interface ProviderSettings {
  /** What the button says. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Domains of addresses that may sign in; empty: only people who are users already. */
  readonly domains: readonly string[];
  /** Whether who has such an address becomes a user. */
  readonly autoProvision: boolean;
  readonly defaultRole: Role;
  /** The claim that gives the role. */
  readonly roleClaim?: string | undefined;
  /** Which value of it gives which role; the first that applies counts. */
  readonly roles: readonly { readonly value: string; readonly role: Role }[];
}

/** What a provider says of a person. */
export type Claims = Readonly<Record<string, unknown>>;

/** The role that the claims give, or undefined where they give none. */
export function roleByClaims({ roleClaim, roles }: ProviderSettings, claims: Claims): Role | undefined {
  const value = roleClaim !== undefined && Object.hasOwn(claims, roleClaim) ? claims[roleClaim] : undefined;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return roles.find((mapping) => values.includes(mapping.value))?.role;
}

/** The address of a person, in the form in which users have it, if the provider says that it has been verified. */
export function verifiedEmail(claims: Claims): string | undefined {
  const { email, email_verified: verified } = claims;
  if (typeof email !== 'string' || verified !== true || email.length > 254) return undefined;
  return email.toLowerCase();
}

/** Whether addresses of this domain may sign in. */
export function isAllowedDomain({ domains }: ProviderSettings, email: string): boolean {
  return domains.includes(email.slice(email.lastIndexOf('@') + 1));
}

/** Whether an issuer can be asked: over TLS, or on this very machine. */
export function isSafeIssuer(issuer: string): boolean {
  const { protocol, hostname, search, hash, username } = new URL(issuer);
  if (search !== '' || hash !== '' || username !== '') return false;
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}
