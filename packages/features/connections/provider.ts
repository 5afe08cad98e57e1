import type { Secret } from '@devmesh/foundation';

/** Whose consent a connection stands for. */
export type ConnectionMode = 'user' | 'organization';

/** Where an authorization server is asked for what. */
export interface ProviderEndpoints {
  /** Its identifier, which answers to the browser are checked against (RFC 9207). */
  readonly issuer: string;
  readonly authorization: string;
  readonly token: string;
  readonly revocation?: string | undefined;
  /** Tells whose token it is. */
  readonly account?: string | undefined;
}

/** What a grant gave. */
export interface TokenSet {
  readonly accessToken: Secret;
  /** Absent where the server gave none: then an earlier one stays good. */
  readonly refreshToken: Secret | undefined;
  /** Absent where the server told no end. */
  readonly expiresInSeconds: number | undefined;
  /** Absent: all that was asked for. */
  readonly scopes: readonly string[] | undefined;
}

/** Whose account a token opens. */
export interface Account {
  readonly id: string;
  readonly name: string | undefined;
  /** What calls need besides, such as the sites of an Atlassian account. */
  readonly details: Readonly<Record<string, unknown>>;
}

interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly state: string;
  /** The PKCE verifier; the address holds its challenge only. */
  readonly verifier: string;
  readonly scopes: readonly string[];
}

interface CallbackRequest {
  /** The query that the browser brought back. */
  readonly answer: URLSearchParams;
  readonly state: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/**
 * An authorization server of another party, for one client of it and one mode. Failures are `consent_required` where the
 * consent is gone, and `upstream_failed`, `upstream_unreachable` or `upstream_timeout` where it may still be there.
 */
export interface OAuthProvider {
  /** Where a person consents. */
  authorizationUrl(request: AuthorizationRequest): Promise<string>;
  /** Redeems what the browser brought back. Throws `forbidden` where the person declined, `invalid_request` for an answer of another server. */
  exchange(request: CallbackRequest): Promise<TokenSet>;
  refresh(refreshToken: Secret): Promise<TokenSet>;
  /** Takes a grant back; whether the server offers that. */
  revoke(tokens: Pick<TokenSet, 'accessToken' | 'refreshToken'>): Promise<boolean>;
  /** Whose token it is; undefined where the server does not tell. Throws `consent_required` for a token that is good no more. */
  account(accessToken: Secret): Promise<Account | undefined>;
}
