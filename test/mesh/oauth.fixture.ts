import { createHash, randomBytes } from 'node:crypto';
import { createClient } from '@devmesh/api';
import type { Role } from '@devmesh/api';
import type { Mesh } from '../../apps/devmesh/mesh.ts';
import { register } from './mesh.ts';

/** A person's browser that is signed in to the console: it keeps the cookies and follows nothing by itself. */
export interface Browser {
  readonly cookie: string;
  get(address: string | URL): Promise<Response>;
  /** Sends a form as the browser does from one of our own pages. */
  submit(
    address: string | URL,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

/** Registers an organization with a person in it who has signed in to the console. */
export async function signUp(mesh: Pick<Mesh, 'apiUrl'>, role: Role = 'developer') {
  const { client, key, organizationId } = await register(mesh);
  return { client, key, organizationId, ...(await addPerson(mesh, client, role)) };
}

/** Adds a person to an organization and signs them in to the console. */
export async function addPerson(mesh: Pick<Mesh, 'apiUrl'>, client: ReturnType<typeof createClient>, role: Role) {
  const password = `a long password of ${randomBytes(6).toString('hex')}`;
  const email = `${randomBytes(6).toString('hex')}@acme.example`;
  const { token } = await client.users.invite({ body: { email, role } });
  const { user, organization } = await createClient({ baseUrl: mesh.apiUrl }).users.acceptInvitation({
    body: { token, name: 'Ada', password },
  });
  const response = await fetch(`${mesh.apiUrl}/api/v1/sign-in/password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: mesh.apiUrl },
    body: JSON.stringify({ organization: organization.slug, email, password, session: 'cookie' }),
  });
  if (!response.ok) throw new Error(`signing in was answered with ${await response.text()}`);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { user, browser: openBrowser(mesh.apiUrl, cookie) };
}

/** A browser with these cookies; an empty text is one where nobody is signed in. */
export function openBrowser(origin: string, cookie: string): Browser {
  return {
    cookie,
    get: (address) => fetch(address, { redirect: 'manual', headers: { cookie } }),
    submit: (address, fields, headers = { origin }) =>
      fetch(address, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded', cookie, ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
  };
}

/** The token of the form on a consent page. */
export async function formTokenOf(page: Response): Promise<string> {
  const text = await page.text();
  const token = /name="form_token" value="([\w-]+)"/u.exec(text)?.[1];
  if (token === undefined) throw new Error(`there is no form on the page: ${text.slice(0, 2_000)}`);
  return token;
}

/** Opens the address that a client sends a person to, answers the form, and returns where the browser is sent. */
export async function consent(browser: Browser, address: string | URL, said: 'allow' | 'deny' = 'allow'): Promise<URL> {
  const formToken = await formTokenOf(await browser.get(address));
  const answered = await browser.submit(new URL('/oauth/authorize', address), { form_token: formToken, answer: said });
  const location = answered.headers.get('location');
  if (location === null) throw new Error(`the form was answered with ${await answered.text()}`);
  return new URL(location);
}

/** A verifier of PKCE and its challenge. */
export function newPkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

interface ClientMetadata {
  readonly redirect_uris?: readonly string[];
  readonly client_name?: string;
  readonly token_endpoint_auth_method?: string;
}

/** A client that registered, and speaks to the authorization server by hand, so that it can do wrong. */
export async function registerClient(mesh: Pick<Mesh, 'apiUrl' | 'edgeUrl'>, metadata: ClientMetadata = {}) {
  const redirectUri = metadata.redirect_uris?.[0] ?? 'http://127.0.0.1:3000/callback';
  const response = await fetch(`${mesh.apiUrl}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [redirectUri],
      client_name: 'A test client',
      token_endpoint_auth_method: 'none',
      ...metadata,
    }),
  });
  const registered = (await response.json()) as { readonly client_id: string; readonly client_secret?: string };
  const resource = `${mesh.edgeUrl}/mcp/oauth`;
  return {
    id: registered.client_id,
    secret: registered.client_secret,
    redirectUri,
    /** The address of an authorization request; a parameter that is undefined is left out. */
    authorizeUrl: (challenge: string, changed: Readonly<Record<string, string | undefined>> = {}): URL => {
      const parameters = {
        response_type: 'code',
        client_id: registered.client_id,
        redirect_uri: redirectUri,
        code_challenge: challenge,
        code_challenge_method: 'S256',
        resource,
        state: 'a state',
        ...changed,
      };
      const url = new URL('/oauth/authorize', mesh.apiUrl);
      for (const [name, value] of Object.entries(parameters))
        if (value !== undefined) url.searchParams.set(name, value);
      return url;
    },
    /** Redeems a code; a field that is undefined is left out. */
    redeem: (code: string, verifier: string, changed: Readonly<Record<string, string | undefined>> = {}) =>
      post(`${mesh.apiUrl}/oauth/token`, {
        grant_type: 'authorization_code',
        client_id: registered.client_id,
        redirect_uri: redirectUri,
        code,
        code_verifier: verifier,
        resource,
        ...changed,
      }),
    refresh: (refreshToken: string, changed: Readonly<Record<string, string | undefined>> = {}) =>
      post(`${mesh.apiUrl}/oauth/token`, {
        grant_type: 'refresh_token',
        client_id: registered.client_id,
        refresh_token: refreshToken,
        ...changed,
      }),
  };
}

export type TestClient = Awaited<ReturnType<typeof registerClient>>;

/** What the token endpoint answered. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: {
    readonly access_token: string;
    readonly refresh_token: string;
    readonly scope: string;
    readonly error?: string;
    readonly error_description?: string;
  };
}

/** Sends a form to an endpoint for clients. */
export async function post(
  address: string,
  fields: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(address, { method: 'POST', headers, body: new URLSearchParams(given) });
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
}

/** Lets a client act for a person and returns its tokens. */
export async function authorize(client: TestClient, browser: Browser, changed: Readonly<Record<string, string>> = {}) {
  const { verifier, challenge } = newPkce();
  const back = await consent(browser, client.authorizeUrl(challenge, changed));
  const { status, body } = await client.redeem(back.searchParams.get('code') ?? '', verifier, {
    resource: changed['resource'],
  });
  if (status !== 200) throw new Error(`the code was answered with ${JSON.stringify(body)}`);
  return body;
}
