import type { Preset } from './preset.ts';

/** Slack (OAuth v2): a person's token by `user_scope`, the app's own (bot) token as the organization's connection. */
export const slack: Preset = {
  name: 'slack',
  title: 'Slack',
  host: 'slack.com',
  selfManaged: false,
  endpoints: (host) => ({
    issuer: `https://${host}`,
    authorization: `https://${host}/oauth/v2/authorize`,
    token: `https://${host}/api/oauth.v2.access`,
    revocation: `https://${host}/api/auth.revoke`,
    account: `https://${host}/api/auth.test`,
  }),
  apiHosts: (host) => [host],
  scopes: ['users:read'],
  everyScopes: [],
  authorizationParameters: {},
  // Slack knows PKCE only of apps that were made public clients, for good; turn it on for such a provider.
  pkce: false,
  clientAuthentication: 'basic',
  revocation: { kind: 'bearer', method: 'POST' },
  accountReading: { id: ['user_id', 'bot_id', 'team_id'], name: ['user', 'team'] },
  quirks: {
    scopeSeparator: ',',
    scopeParameter: { user: 'user_scope', organization: 'scope' },
    userTokenAt: 'authed_user',
    failuresWithStatus200: true,
    okFlag: true,
    lostGrants: [
      'invalid_refresh_token',
      'invalid_code',
      'token_revoked',
      'token_expired',
      'account_inactive',
      'invalid_auth',
    ],
  },
};
