import { operations } from '@devmesh/api';
import { MeshError, toMeshError, type Telemetry } from '@devmesh/foundation';
import type { Principal } from '../identity/index.ts';
import { route, type Route } from '../routing.ts';
import { requireSameOrigin, type PublicUrl, type SignIn, type SignIns } from '../signin/index.ts';
import { confirmPage, connectedPage, declinedPage, notConnectedPage, provePage } from './callback-page.ts';
import type { Connections } from './service.ts';

/** What the pages at the end of a consent need. */
export interface CallbackRoutesOptions {
  readonly connections: Connections;
  readonly signIns: Pick<SignIns, 'authenticate'>;
  readonly signIn: { readonly cookies: Pick<SignIn['cookies'], 'accessToken'> };
  readonly publicUrl: Pick<PublicUrl, 'url'>;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

const maximumFormBytes = 16_384;
const answerFields = ['state', 'code', 'error', 'iss'] as const;

/**
 * The end of a consent. A browser that comes from another site brings no cookies, so nothing tells whose it is: that visit
 * changes nothing, and only what the page sends from our own origin counts.
 */
export function callbackRoutes(options: CallbackRoutesOptions): readonly Route[] {
  const { connections, telemetry } = options;
  const onPage = async (work: () => Promise<Response>): Promise<Response> => {
    try {
      return await work();
    } catch (error) {
      const { code } = toMeshError(error);
      if (code === 'internal') telemetry.log.error('a consent did not lead to a connection', error);
      else telemetry.log.warn('a consent did not lead to a connection', { 'error.code': code });
      return notConnectedPage(error);
    }
  };
  return [
    route(operations.connections.callback, ({ query }) =>
      onPage(async () => {
        const pending = await connections.waiting(query.state ?? '');
        return query.error === undefined ? confirmPage(pending, answerOf(query)) : declinedPage(pending);
      }),
    ),
    route(operations.connections.confirm, ({ request, rawBody }) =>
      onPage(async () => {
        requireSameOrigin(request, options.publicUrl.url());
        const form = new URLSearchParams(Buffer.from(await rawBody(maximumFormBytes)).toString('utf8'));
        const answer = answerOf(Object.fromEntries(form));
        const person = await personOf(options, request);
        const confirmationCode = form.get('confirmation_code') ?? undefined;
        const ended = await connections.finish(answer, { person, confirmationCode });
        return 'unproven' in ended ? provePage(ended, answer) : connectedPage(ended);
      }),
    ),
  ];
}

function answerOf(fields: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const given = answerFields.map((name) => [name, fields[name]] as const);
  return new URLSearchParams(given.filter((pair): pair is [(typeof pair)[0], string] => pair[1] !== undefined));
}

/** Who is signed in to the console in that browser; undefined where nobody is. */
async function personOf(
  { signIns, signIn, publicUrl }: CallbackRoutesOptions,
  request: Request,
): Promise<Principal | undefined> {
  const token = signIn.cookies.accessToken(request);
  if (token === undefined) return undefined;
  try {
    const principal = await signIns.authenticate(token);
    return principal.audience === publicUrl.url() ? principal : undefined;
  } catch (error) {
    if (error instanceof MeshError && error.code === 'unauthenticated') return undefined;
    throw error;
  }
}
