import type { Preset } from './preset.ts';

/** Any server that keeps to the standards: found by its issuer (RFC 8414, OpenID Connect Discovery), or by endpoints. */
export const generic: Preset = {
  name: 'generic',
  title: 'OAuth 2.1',
  host: undefined,
  selfManaged: true,
  endpoints: () => undefined,
  apiHosts: () => [],
  scopes: [],
  everyScopes: [],
  authorizationParameters: {},
  pkce: true,
  clientAuthentication: 'basic',
  revocation: { kind: 'rfc7009' },
  accountReading: { id: ['sub', 'id'], name: ['preferred_username', 'email', 'name', 'login'] },
  quirks: {},
};
