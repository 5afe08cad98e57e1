import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentTelemetry } from '@devmesh/foundation';
import { createGuardedFetch, type GuardedFetch, type GuardedResponse } from '@devmesh/infrastructure';
import { exportJWK, generateKeyPair, SignJWT, decodeJwt, type JWTPayload } from 'jose';
import { Provider, type AccountClaims } from 'oidc-provider';

/** The claims of a person at the provider. */
export type Person = AccountClaims;

/** A real OpenID provider that listens on this machine. */
export interface TestProvider {
  readonly issuer: string;
  readonly clientSecret: string;
  /** Reaches the provider, and nothing else that is private; passes answers on as `tamper` leaves them. */
  readonly fetch: GuardedFetch;
  /** Changes the ID tokens that the provider gives, and signs them anew with its own key. */
  tamper(change: ((claims: JWTPayload) => JWTPayload) | undefined, key?: 'own' | 'stranger'): void;
  /** Who signs in next. */
  expect(accountId: string): void;
  /** Goes where a browser is sent, signs in as somebody, and returns the query that it is sent back with. */
  visit(url: string, accountId: string): Promise<string>;
  close(): Promise<void>;
}

interface TestProviderOptions {
  readonly redirectUri: string;
  readonly people: Readonly<Record<string, Person>>;
}

const clientSecret = 'the secret of this client, which nobody else knows';

/** Starts a provider with two clients, `mesh` and `other`. */
export async function openTestProvider({ redirectUri, people }: TestProviderOptions): Promise<TestProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const stranger = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'test', alg: 'RS256', use: 'sig' };
  let accountId = '';
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const provider = createProvider({ issuer, redirectUri, people, jwk: key });
  const callback = provider.callback();
  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await provider.interactionFinished(request, response, { login: { accountId } });
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/interaction/') === true) void interact(request, response);
    else void callback(request, response);
  });
  const guarded = createGuardedFetch({ allowHosts: [new URL(issuer).host], telemetry: silentTelemetry });
  let change: ((claims: JWTPayload) => JWTPayload) | undefined;
  let signer = privateKey;
  return {
    issuer,
    clientSecret,
    fetch: async (url, request) => {
      const answer = await guarded(url, request);
      const tampered = change === undefined || !url.endsWith('/token') ? undefined : tamperWith(answer, change);
      return tampered === undefined ? answer : replaceBody(answer, await tampered(signer));
    },
    tamper: (next, who = 'own') => {
      change = next;
      signer = who === 'own' ? privateKey : stranger.privateKey;
    },
    expect: (who) => {
      accountId = who;
    },
    visit: (url, who) => {
      accountId = who;
      return visit(url, redirectUri);
    },
    close: async () => {
      await guarded.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createProvider({ issuer, redirectUri, people, jwk }: TestProviderOptions & { issuer: string; jwk: object }) {
  const client = { client_secret: clientSecret, redirect_uris: [redirectUri], application_type: 'web' as const };
  return new Provider(issuer, {
    clients: [
      { ...client, client_id: 'mesh' },
      { ...client, client_id: 'other' },
    ],
    jwks: { keys: [jwk] },
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['a key for the cookies of this test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    findAccount: (_context, sub) => {
      const person = people[sub];
      return person === undefined ? undefined : { accountId: sub, claims: () => person };
    },
    // Nobody is asked for consent here.
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client?.clientId ?? '',
        accountId: context.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
}

async function visit(url: string, redirectUri: string): Promise<string> {
  const cookies = new Map<string, string>();
  let at = url;
  for (let hops = 0; hops < 10; hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/su);
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null)
      throw new Error(`the provider answered ${String(response.status)}: ${await response.text()}`);
    at = new URL(location, at).href;
    if (at.startsWith(redirectUri)) return new URL(at).search.slice(1);
  }
  throw new Error('the provider sends the browser round in circles');
}

type Signer = Parameters<SignJWT['sign']>[0];

function tamperWith(answer: GuardedResponse, change: (claims: JWTPayload) => JWTPayload) {
  const body = JSON.parse(answer.text()) as { id_token?: string };
  const { id_token: idToken } = body;
  if (idToken === undefined) return undefined;
  return async (key: Signer): Promise<string> => {
    const changed = new SignJWT(change(decodeJwt(idToken))).setProtectedHeader({ alg: 'RS256', kid: 'test' });
    return JSON.stringify({ ...body, id_token: await changed.sign(key) });
  };
}

function replaceBody(answer: GuardedResponse, text: string): GuardedResponse {
  return { ...answer, body: Buffer.from(text), text: () => text };
}
