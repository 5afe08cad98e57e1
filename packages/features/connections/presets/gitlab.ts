import type { Preset } from './preset.ts';

/** GitLab.com and GitLab on an organization's own host. */
export const gitlab: Preset = {
  name: 'gitlab',
  title: 'GitLab',
  host: 'gitlab.com',
  selfManaged: true,
  endpoints: (host) => ({
    issuer: `https://${host}`,
    authorization: `https://${host}/oauth/authorize`,
    token: `https://${host}/oauth/token`,
    revocation: `https://${host}/oauth/revoke`,
    account: `https://${host}/api/v4/user`,
  }),
  apiHosts: (host) => [host],
  scopes: ['read_api'],
  everyScopes: [],
  authorizationParameters: {},
  pkce: true,
  clientAuthentication: 'post',
  revocation: { kind: 'rfc7009' },
  accountReading: { id: ['id'], name: ['username'] },
  quirks: { refreshEndsAccess: true },
};
