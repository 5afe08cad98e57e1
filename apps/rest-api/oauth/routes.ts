import { OAuthRefusal, type Authorization, type Person } from '@devmesh/features';
import { MeshError } from '@devmesh/foundation';
import { problemResponse, readJson, type ClientAddress } from '@devmesh/infrastructure';
import { Hono } from 'hono';
import { answer, refuse } from './answers.ts';
import { brokenRequestPage, consentPage, refusedPage } from './consent-page.ts';
import { readForm } from './form.ts';

interface OAuthRoutesOptions {
  readonly authorization: Authorization;
  readonly clientAddress: ClientAddress;
  /** Whose browser a request comes from; undefined where nobody is signed in to the console there. */
  readonly person: (request: Request) => Promise<SignedInPerson | undefined>;
  /** Refuses, with `forbidden`, what a page of another origin made the browser send. */
  readonly requireSameOrigin: (request: Request) => void;
}

/** A person, and how the consent page calls them. */
export interface SignedInPerson extends Person {
  readonly name: string;
}

const registrationLimits = { maximumBytes: 16_384, maximumDepth: 8, maximumValues: 500 };

/** The endpoints of the authorization server. They are forms and redirects, so they are no operations of the API. */
export function createOAuthRoutes(options: OAuthRoutesOptions): Hono {
  const { authorization } = options;
  const app = new Hono();
  app.get('/.well-known/oauth-authorization-server', () => {
    const headers = { 'cache-control': 'public, max-age=300' };
    return Response.json(authorization.metadata(), { headers });
  });
  app.get('/oauth/authorize', (context) => onPage(() => ask(options, context.req.raw)));
  app.post('/oauth/authorize', (context) => onPage(() => decide(options, context.req.raw)));
  app.post('/oauth/token', (context) => forClient(() => issue(options, context.req.raw)));
  app.post('/oauth/revoke', (context) => forClient(() => revoke(options, context.req.raw)));
  app.post('/oauth/register', (context) => forClient(() => register(options, context.req.raw)));
  // The console would answer for any path, and a client that finds something here takes it for metadata.
  for (const path of ['/.well-known/*', '/oauth/*']) {
    app.all(path, (context) => problemResponse(new MeshError('not_found', `Nothing answers ${context.req.path}.`)));
  }
  return app;
}

async function onPage(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OAuthRefusal) return brokenRequestPage(error.message);
    if (error instanceof MeshError && error.code === 'forbidden') return brokenRequestPage(error.message, 403);
    throw error;
  }
}

async function forClient(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    return refuse(error);
  }
}

async function ask({ authorization, clientAddress, person }: OAuthRoutesOptions, request: Request): Promise<Response> {
  await authorization.pace.take('authorize', clientAddress(request));
  const { pathname, search, searchParams } = new URL(request.url);
  const who = await person(request);
  // Before anything is looked at: who is not signed in learns nothing here, and makes us fetch nothing.
  if (who === undefined) return redirect(`/?${new URLSearchParams({ return: pathname + search }).toString()}`);
  const asked = await authorization.ask(who, searchParams);
  return 'refusal' in asked ? refusedPage(asked) : consentPage(asked, who);
}

async function decide(options: OAuthRoutesOptions, request: Request): Promise<Response> {
  const { authorization, clientAddress, person } = options;
  options.requireSameOrigin(request);
  await authorization.pace.take('authorize', clientAddress(request));
  const who = await person(request);
  if (who === undefined) throw new MeshError('forbidden', 'You are not signed in any more.');
  const form = await readForm(request);
  const said = form.get('answer');
  if (said !== 'allow' && said !== 'deny')
    throw new OAuthRefusal('invalid_request', 'The form says neither yes nor no.');
  return redirect(
    await authorization.answer(who, { formToken: form.get('form_token') ?? '', allowed: said === 'allow' }),
  );
}

async function issue({ authorization, clientAddress }: OAuthRoutesOptions, request: Request): Promise<Response> {
  await authorization.pace.take('token', clientAddress(request));
  const authorizationHeader = request.headers.get('authorization') ?? undefined;
  const issued = await authorization.issue({ form: await readForm(request), authorization: authorizationHeader });
  return answer({
    access_token: issued.accessToken.open(),
    token_type: 'Bearer',
    expires_in: issued.expiresInSeconds,
    refresh_token: issued.refreshToken.open(),
    scope: issued.scope,
  });
}

async function revoke({ authorization, clientAddress }: OAuthRoutesOptions, request: Request): Promise<Response> {
  await authorization.pace.take('token', clientAddress(request));
  const authorizationHeader = request.headers.get('authorization') ?? undefined;
  await authorization.revoke({ form: await readForm(request), authorization: authorizationHeader });
  return answer({});
}

async function register({ authorization, clientAddress }: OAuthRoutesOptions, request: Request): Promise<Response> {
  await authorization.pace.take('register', clientAddress(request));
  const client = authorization.register(await readJson(request, registrationLimits));
  const registered = {
    client_id: client.id,
    client_id_issued_at: client.issuedAtSeconds,
    client_name: client.name,
    redirect_uris: client.redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: client.authentication,
    ...(client.secret === undefined ? {} : { client_secret: client.secret.open(), client_secret_expires_at: 0 }),
  };
  return answer(registered, 201);
}

function redirect(location: string): Response {
  return new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store' } });
}
