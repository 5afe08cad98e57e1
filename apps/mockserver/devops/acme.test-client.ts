import { silentTelemetry } from '@devmesh/foundation';
import { createMockserver, demoToken } from '../index.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A client of a fresh Acme DevOps, for tests. */
export function acme() {
  const server = createMockserver({ port: 0, log: silentTelemetry.log });
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const headers = { authorization: `Bearer ${demoToken}`, 'content-type': 'application/json' };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await server.fetch(new Request(`http://acme.test/v1${path}`, init));
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  return {
    server,
    get: (path: string) => call('GET', path),
    post: (path: string, body: unknown) => call('POST', path, body),
    patch: (path: string, body: unknown) => call('PATCH', path, body),
    delete: (path: string) => call('DELETE', path),
  };
}
