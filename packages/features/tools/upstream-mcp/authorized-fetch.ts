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
    const { headers: added, query, sign, clientCertificate } = await credentials.current();
    const authorized = new URL(target);
    for (const [name, value] of query) authorized.searchParams.set(name, value);
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(added)) headers.set(name, value);
    const signable = { method: init.method ?? 'GET', url: authorized.href, headers: Object.fromEntries(headers) };
    const body = typeof init.body === 'string' ? { body: init.body } : {};
    for (const [name, value] of Object.entries(sign?.({ ...signable, ...body }) ?? {})) headers.set(name, value);
    return fetch(authorized, { ...init, headers }, clientCertificate);
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
