/** How one kind of authorization server departs from the standard. */
export interface Flavour {
  readonly paths: {
    readonly authorize: string;
    readonly token: string;
    readonly revoke: string;
    readonly account: string;
  };
  /** Refuses consents without a PKCE challenge (OAuth 2.1); where not, PKCE is checked if it was used. */
  readonly requiresPkce: boolean;
  /** What must stand in an authorization request besides. */
  readonly requiredParameters: Readonly<Record<string, string>>;
  /** Refresh tokens are given always, or where a scope or a parameter asks for them. */
  readonly refreshTokens: { readonly scope?: string; readonly parameter?: readonly [string, string] };
  /** A refresh gives another refresh token and ends the old one; an ended one that comes again ends the whole family. */
  readonly rotates: boolean;
  readonly scopeSeparator: ' ' | ',';
  readonly scopeParameter: string;
  /** Failures come with status 200. */
  readonly failuresWithStatus200: boolean;
  readonly okFlag: boolean;
  /** The member of the answer that holds the person's token. */
  readonly nestedAt?: string;
  /** The names of failures, where they are its own. */
  readonly failures: Readonly<Record<string, string>>;
  readonly jsonRequests: boolean;
  /** Without an Accept header that asks for JSON it answers a form. */
  readonly formUnlessAsked: boolean;
  readonly revocation: 'rfc7009' | 'client-json' | 'bearer' | 'none';
}

const standard: Flavour = {
  paths: { authorize: '/authorize', token: '/token', revoke: '/revoke', account: '/userinfo' },
  requiresPkce: true,
  requiredParameters: {},
  refreshTokens: {},
  rotates: true,
  scopeSeparator: ' ',
  scopeParameter: 'scope',
  failuresWithStatus200: false,
  okFlag: false,
  failures: {},
  jsonRequests: false,
  formUnlessAsked: false,
  revocation: 'rfc7009',
};

const github: Flavour = {
  ...standard,
  paths: {
    authorize: '/login/oauth/authorize',
    token: '/login/oauth/access_token',
    revoke: '/applications/:client/grant',
    account: '/user',
  },
  requiresPkce: false,
  scopeSeparator: ',',
  failuresWithStatus200: true,
  failures: {
    invalid_client: 'incorrect_client_credentials',
    invalid_refresh: 'bad_refresh_token',
    invalid_code: 'bad_verification_code',
  },
  formUnlessAsked: true,
  revocation: 'client-json',
};

const gitlab: Flavour = {
  ...standard,
  paths: { authorize: '/oauth/authorize', token: '/oauth/token', revoke: '/oauth/revoke', account: '/api/v4/user' },
};

const atlassian: Flavour = {
  ...standard,
  paths: {
    authorize: '/authorize',
    token: '/oauth/token',
    revoke: '/none',
    account: '/oauth/token/accessible-resources',
  },
  requiresPkce: false,
  requiredParameters: { audience: 'api.atlassian.com', prompt: 'consent' },
  refreshTokens: { scope: 'offline_access' },
  failures: { invalid_refresh: 'unauthorized_client' },
  jsonRequests: true,
  revocation: 'none',
};

const google: Flavour = {
  ...standard,
  paths: { authorize: '/o/oauth2/v2/auth', token: '/token', revoke: '/revoke', account: '/v1/userinfo' },
  requiredParameters: { prompt: 'consent' },
  refreshTokens: { parameter: ['access_type', 'offline'] },
  rotates: false,
};

const slack: Flavour = {
  ...standard,
  paths: {
    authorize: '/oauth/v2/authorize',
    token: '/api/oauth.v2.access',
    revoke: '/api/auth.revoke',
    account: '/api/auth.test',
  },
  requiresPkce: false,
  scopeSeparator: ',',
  scopeParameter: 'user_scope',
  failuresWithStatus200: true,
  okFlag: true,
  nestedAt: 'authed_user',
  failures: {
    invalid_client: 'bad_client_secret',
    invalid_refresh: 'invalid_refresh_token',
    invalid_code: 'invalid_code',
  },
  revocation: 'bearer',
};

/** The kinds of authorization server that are imitated, by name. */
export const flavours: Readonly<Record<string, Flavour>> = { standard, github, gitlab, atlassian, google, slack };
