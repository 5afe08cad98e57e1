import { MeshError } from '@devmesh/foundation';
import type { Authorization } from '../credentials/credential.ts';
import { boundMessages } from './bounded-stream.ts';
import { upstreamBounds } from './bounds.ts';
import type { StreamingFetch, UpstreamNetwork } from './network.ts';

/** What the requests of one connection authenticate with. */
export interface UpstreamCredentials {
  /** What is to be added to a request now. */
  current(): Promise<Authorization>;
  /** Another token in place of a refused one; whether there is one. */
  renew(): Promise<boolean>;
  /** Every form in which the server could echo what was sent. */
  traces(): readonly string[];
}

interface Sendable {
  readonly method: string;
  readonly url: URL;
  /** Their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

interface Authorized {
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly clientCertificate: Authorization['clientCertificate'];
}

/** A request with what it authenticates with. */
export function withCredential({ method, url, headers, body }: Sendable, given: Authorization): Authorized {
  const authorized = new URL(url);
  for (const [name, value] of given.query) authorized.searchParams.set(name, value);
  const all: Record<string, string> = { ...headers };
  const add = (added: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(added)) all[name.toLowerCase()] = value;
  };
  add(given.headers);
  add(given.sign?.({ method, url: authorized.href, headers: all, ...(body === undefined ? {} : { body }) }) ?? {});
  return { url: authorized, headers: all, clientCertificate: given.clientCertificate };
}

/**
 * A fetch for one server: it adds the credential at the last moment, and only where the request goes to the origin of the
 * server; any other address is refused. A refused token is renewed once.
 */
export function createAuthorizedFetch(
  fetch: UpstreamNetwork['fetch'],
  { url, credentials }: { readonly url: string; readonly credentials: UpstreamCredentials },
): StreamingFetch {
  const { origin } = new URL(url);
  const send = async (target: URL, init: RequestInit): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(init.headers));
    const body = typeof init.body === 'string' ? init.body : undefined;
    const request = { method: init.method ?? 'GET', url: target, headers, body };
    const authorized = withCredential(request, await credentials.current());
    return fetch(authorized.url, { ...init, headers: authorized.headers }, authorized.clientCertificate);
  };
  return async (target, init = {}) => {
    const address = new URL(target);
    if (address.origin !== origin) {
      throw new MeshError('address_refused', 'The server sends its client to another host, where nothing is sent.');
    }
    const response = await send(address, init);
    if (response.status !== 401 || !(await credentials.renew()))
      return boundMessages(response, upstreamBounds.messageBytes);
    await response.body?.cancel();
    return boundMessages(await send(address, init), upstreamBounds.messageBytes);
  };
}
