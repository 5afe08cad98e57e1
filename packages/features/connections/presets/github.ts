import type { Preset } from './preset.ts';

const cloud = 'github.com';

/** GitHub, its Enterprise Cloud with data residency and Enterprise Server: OAuth apps and GitHub Apps. */
export const github: Preset = {
  name: 'github',
  title: 'GitHub',
  host: cloud,
  selfManaged: true,
  endpoints: (host) => ({
    issuer: `https://${host}/login/oauth`,
    authorization: `https://${host}/login/oauth/authorize`,
    token: `https://${host}/login/oauth/access_token`,
    revocation: `${apiOf(host)}/applications/{client_id}/grant`,
    account: `${apiOf(host)}/user`,
  }),
  apiHosts: (host) => [new URL(apiOf(host)).host],
  scopes: [],
  everyScopes: [],
  authorizationParameters: {},
  pkce: true,
  clientAuthentication: 'post',
  revocation: { kind: 'client-json', method: 'DELETE' },
  accountReading: { id: ['id'], name: ['login'] },
  quirks: {
    failuresWithStatus200: true,
    lostGrants: ['bad_refresh_token', 'bad_verification_code'],
    refreshEndsAccess: true,
  },
};

/** Data residency lies on subdomains of ghe.com; a server of one's own has its API under a path. */
function apiOf(host: string): string {
  return host === cloud || host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
}
