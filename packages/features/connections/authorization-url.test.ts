import { Secret } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEndpoint, isApiHost } from './endpoint.ts';
import { createOAuthClient } from './oauth-client.ts';
import { presetOf } from './presets/presets.ts';
import type { ConnectionMode } from './provider.ts';

const names = ['github', 'gitlab', 'atlassian', 'google', 'slack'] as const;
const unreachable = () => Promise.reject(new Error('Nothing is sent here.'));

interface Settings {
  readonly mode?: ConnectionMode;
  readonly clientId?: string;
  readonly resource?: string;
}

function clientOf(name: string, { mode = 'user', clientId = 'client', resource }: Settings = {}) {
  const preset = presetOf(name);
  const endpoints = preset.endpoints(preset.host ?? '');
  if (endpoints === undefined) throw new Error(`${name} has no endpoints.`);
  const { clientAuthentication, pkce } = preset;
  const clientSecret = new Secret('a-secret-of-the-client');
  const settings = { preset, endpoints, clientId, clientSecret, clientAuthentication, pkce, resource };
  return createOAuthClient({ settings, mode, fetch: unreachable });
}

describe('the address where a person consents', () => {
  /** RFC 6749, 3.3, without the comma that some servers divide by. */
  const scope = fc.stringMatching(/^[\u0021\u0023-\u002B\u002D-\u005B\u005D-\u007E]{1,20}$/u);
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

  it('holds every value as it was given, whatever it is made of, and each once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.constantFrom<ConnectionMode>('user', 'organization'),
        fc.uniqueArray(scope, { maxLength: 5 }),
        text,
        text,
        async (name, mode, scopes, clientId, state) => {
          const redirectUri = `https://mesh.example/back?x=${encodeURIComponent(state)}`;
          const request = { redirectUri, state, scopes, verifier: 'v'.repeat(43) };
          const url = new URL(await clientOf(name, { mode, clientId }).authorizationUrl(request));
          const { quirks, everyScopes, authorizationParameters } = presetOf(name);
          const query = Object.fromEntries(url.searchParams);
          expect([...url.searchParams.keys()]).toHaveLength(Object.keys(query).length);
          expect(query).toMatchObject({
            ...authorizationParameters,
            client_id: clientId,
            state,
            redirect_uri: redirectUri,
          });
          const asked = query[quirks.scopeParameter?.[mode] ?? 'scope'] ?? '';
          const expected = [...new Set([...scopes, ...everyScopes])];
          expect(asked === '' ? [] : asked.split(quirks.scopeSeparator ?? ' ')).toEqual(expected);
          expect(url.href).not.toContain('a-secret-of-the-client');
          expect(url.href).not.toContain('v'.repeat(43));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['github', 'https://github.com/login/oauth/authorize'],
    ['gitlab', 'https://gitlab.com/oauth/authorize'],
    ['atlassian', 'https://auth.atlassian.com/authorize'],
    ['google', 'https://accounts.google.com/o/oauth2/v2/auth'],
    ['slack', 'https://slack.com/oauth/v2/authorize'],
  ])('is that of %s', async (name, expected) => {
    const request = { redirectUri: 'https://mesh.example/back', state: 's', scopes: ['a'], verifier: 'v' };
    const url = new URL(await clientOf(name, { resource: 'https://api.example/x' }).authorizationUrl(request));
    expect(url.origin + url.pathname).toBe(expected);
    expect(url.searchParams.get('resource')).toBe('https://api.example/x');
  });
});

describe('a preset on a host of its own', () => {
  it.each([
    [
      'github',
      'github.acme.com',
      'https://github.acme.com/login/oauth/access_token',
      ['github.acme.com'],
      'https://github.acme.com/api/v3/user',
    ],
    [
      'github',
      'acme.ghe.com',
      'https://acme.ghe.com/login/oauth/access_token',
      ['api.acme.ghe.com'],
      'https://api.acme.ghe.com/user',
    ],
    [
      'gitlab',
      'git.acme.com:8443',
      'https://git.acme.com:8443/oauth/token',
      ['git.acme.com:8443'],
      'https://git.acme.com:8443/api/v4/user',
    ],
  ])('%s at %s has all its endpoints there', (name, host, token, apiHosts, account) => {
    const preset = presetOf(name);
    expect(preset.endpoints(host)).toMatchObject({ token, account });
    expect(preset.apiHosts(host)).toEqual(apiHosts);
  });
});

describe('where tokens and secrets go', () => {
  it.each([
    ['https://api.github.com/x', true],
    ['https://api.github.com:444/x', false],
    ['https://api.github.com.evil.example/', false],
    ['https://evil.example/api.github.com', false],
    ['https://sheets.googleapis.com/v4', true],
    ['https://googleapis.com/', false],
    ['https://evilgoogleapis.com/', false],
    ['https://x.googleapis.com.evil.example/', false],
  ])('%s is a host of the provider: %s [connections.hosts]', (url, allowed) => {
    expect(isApiHost(['api.github.com', '*.googleapis.com'], url)).toBe(allowed);
  });

  it.each([
    'http://login.example.com/token',
    'ftp://x/',
    'https://u:p@x/',
    'https://x/#f',
    'nonsense',
    'http://localhost.evil.example/',
  ])('is no endpoint: %s', (url) => {
    expect(() => checkEndpoint('token', url)).toThrowError(expect.objectContaining({ code: 'invalid_request' }));
  });

  it.each(['https://login.example.com/token', 'http://localhost:3000/token', 'http://127.0.0.1:3000/token'])(
    'is an endpoint: %s',
    (url) => {
      expect(checkEndpoint('token', url)).toBe(url);
    },
  );
});
