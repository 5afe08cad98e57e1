import { MeshError } from '@devmesh/foundation';
import type { ProviderEndpoints } from './provider.ts';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Throws `invalid_request` for an endpoint that secrets may not be sent to: other than https, except on this machine. */
export function checkEndpoint(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname));
  if (url !== undefined && secure && url.hash === '' && url.username === '' && url.password === '') return text;
  const message = 'must be an https address without credentials or fragment';
  throw new MeshError('invalid_request', `The ${name} endpoint ${message}.`, {
    issues: [{ path: `body.endpoints.${name}`, message }],
  });
}

/** The same for all of them. */
export function checkEndpoints(endpoints: ProviderEndpoints): ProviderEndpoints {
  for (const [name, text] of Object.entries(endpoints)) {
    if (typeof text === 'string') checkEndpoint(name, text);
  }
  return endpoints;
}

/** Whether a host (`host` or `host:port`) is one of those named, of which `*.suffix` names all below it. */
export function isApiHost(hosts: readonly string[], url: string): boolean {
  const { host } = new URL(url);
  return hosts.some((named) => (named.startsWith('*.') ? host.endsWith(named.slice(1)) : host === named));
}
