import type { IncomingHttpHeaders } from 'node:http';
import { framingHeaders, MeshError } from '@devmesh/foundation';

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/iu;

/** Headers to send: names lower-cased, our defaults added. Throws `invalid_request` for what a caller may not set. */
export function outboundHeaders(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': 'developer-mesh',
  };
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    if (!token.test(name) || framingHeaders.has(lower)) {
      throw new MeshError('invalid_request', `The header "${name.slice(0, 60)}" cannot be set on an outbound request.`);
    }
    headers[lower] = value;
  }
  return headers;
}

/** The upper-case method, GET by default. Throws `invalid_request` for CONNECT, TRACE and what is no method. */
export function outboundMethod(given: string | undefined): string {
  const method = (given ?? 'GET').toUpperCase();
  if (!token.test(method) || method === 'CONNECT' || method === 'TRACE') {
    throw new MeshError('invalid_request', 'The HTTP method of the request is not supported.');
  }
  return method;
}

/** The answer's headers as a caller sees them; those that describe the encoded body go once it is decoded. */
export function responseHeaders(received: IncomingHttpHeaders, encoded: boolean): Headers {
  const headers = new Headers();
  const decoded = !encoded && received['content-encoding'] !== undefined;
  for (const [name, values] of Object.entries(received)) {
    if (decoded && (name === 'content-encoding' || name === 'content-length')) continue;
    for (const value of typeof values === 'string' ? [values] : (values ?? [])) headers.append(name, byteString(value));
  }
  return headers;
}

/** `Headers` holds bytes (one character each), while undici has decoded the value as UTF-8. */
function byteString(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}
