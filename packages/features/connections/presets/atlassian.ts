import type { Preset } from './preset.ts';

/** Atlassian Cloud (Jira, Confluence) by OAuth 2.0 (3LO); calls need the id of a site, which lies in `details.sites`. */
export const atlassian: Preset = {
  name: 'atlassian',
  title: 'Atlassian',
  host: 'auth.atlassian.com',
  selfManaged: false,
  endpoints: (host) => ({
    issuer: `https://${host}`,
    authorization: `https://${host}/authorize`,
    token: `https://${host}/oauth/token`,
    account: 'https://api.atlassian.com/oauth/token/accessible-resources',
  }),
  apiHosts: () => ['api.atlassian.com'],
  scopes: ['read:jira-work'],
  everyScopes: ['offline_access'],
  authorizationParameters: { audience: 'api.atlassian.com', prompt: 'consent' },
  pkce: true,
  clientAuthentication: 'post',
  // People take it back in the settings of their account.
  revocation: { kind: 'none' },
  accountReading: { id: ['id'], name: ['url', 'name'], listAs: 'sites' },
  quirks: { jsonRequests: true, lostGrants: ['unauthorized_client'], refreshEndsAccess: true },
};
