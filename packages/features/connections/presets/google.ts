import type { Preset } from './preset.ts';

/** Google; a refresh token comes only offline and with a consent that was asked for, and stays the same on every refresh. */
export const google: Preset = {
  name: 'google',
  title: 'Google',
  host: 'accounts.google.com',
  selfManaged: false,
  endpoints: (host) => ({
    issuer: `https://${host}`,
    authorization: `https://${host}/o/oauth2/v2/auth`,
    token: 'https://oauth2.googleapis.com/token',
    revocation: 'https://oauth2.googleapis.com/revoke',
    account: 'https://openidconnect.googleapis.com/v1/userinfo',
  }),
  apiHosts: () => ['*.googleapis.com'],
  scopes: ['openid', 'email'],
  everyScopes: [],
  authorizationParameters: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
  pkce: true,
  clientAuthentication: 'post',
  revocation: { kind: 'rfc7009' },
  accountReading: { id: ['sub'], name: ['email'] },
  quirks: {},
};
