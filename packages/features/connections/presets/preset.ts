import type { ConnectionMode, ProviderEndpoints } from '../provider.ts';

/** How a client says who it is at the token endpoint. */
export type ClientAuthentication = 'basic' | 'post' | 'none';

/** How a grant is taken back. */
type Revocation =
  | { readonly kind: 'rfc7009' }
  /** A request with the client's id and secret (Basic) and the token in a JSON body. */
  | { readonly kind: 'client-json'; readonly method: 'DELETE' | 'POST' }
  /** A request under the token itself. */
  | { readonly kind: 'bearer'; readonly method: 'POST' }
  | { readonly kind: 'none' };

/** How the answer about an account is read. */
export interface AccountReading {
  /** The names of the members, the first that is there counts. */
  readonly id: readonly string[];
  readonly name: readonly string[];
  /** The answer is a list, kept as `details` under this name; its first element is the account. */
  readonly listAs?: string;
}

/** Where a server departs from the standard. */
export interface Quirks {
  /** Divides scopes in the request. Default a space. */
  readonly scopeSeparator?: ' ' | ',';
  /** The parameter that names scopes, where it depends on whose token is wanted. Default `scope`. */
  readonly scopeParameter?: Readonly<Record<ConnectionMode, string>>;
  /** The member of the token answer that holds a person's token. */
  readonly userTokenAt?: string;
  /** Failures of the token endpoint come with status 200. */
  readonly failuresWithStatus200?: boolean;
  /** Failures say `ok: false` beside their code. */
  readonly okFlag?: boolean;
  /** The token endpoint wants JSON instead of a form. */
  readonly jsonRequests?: boolean;
  /** Codes besides `invalid_grant` that say that a consent is gone. */
  readonly lostGrants?: readonly string[];
  /** A refresh ends the access token that was good before. */
  readonly refreshEndsAccess?: boolean;
}

/** What is known of a provider: data, one file each. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  /** Where it runs unless a host is given; undefined: an issuer or endpoints must be given. */
  readonly host: string | undefined;
  /** Whether organizations run their own. */
  readonly selfManaged: boolean;
  readonly endpoints: (host: string) => ProviderEndpoints | undefined;
  /** The hosts whose APIs take its tokens. */
  readonly apiHosts: (host: string) => readonly string[];
  /** Asked for where the organization names none. */
  readonly scopes: readonly string[];
  /** Asked for always. */
  readonly everyScopes: readonly string[];
  readonly authorizationParameters: Readonly<Record<string, string>>;
  readonly pkce: boolean;
  readonly clientAuthentication: Exclude<ClientAuthentication, 'none'>;
  readonly revocation: Revocation;
  readonly accountReading: AccountReading;
  readonly quirks: Quirks;
}
