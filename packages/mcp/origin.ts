import { isIP } from 'node:net';
import { MeshError } from '@devmesh/foundation';

/** Who may reach a transport from a browser. */
export interface OriginRules {
  /** Values of `Origin` that are let in (`https://mesh.example.com`); requests without the header are no browser's. */
  readonly allowedOrigins: readonly string[];
  /** Names that `Host` may carry, with or without port; undefined lets any in. Stops DNS rebinding. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** Throws `forbidden` when the request comes from a page, or for a host, that is not allowed. */
export function checkOrigin(
  { origin, host }: { readonly origin: string | undefined; readonly host: string | undefined },
  rules: OriginRules,
): void {
  if (rules.allowedHosts !== undefined && !isAllowedHost(host, rules.allowedHosts)) {
    throw new MeshError('forbidden', 'This server does not answer for that host name; the operator can allow it.');
  }
  if (origin === undefined || rules.allowedOrigins.includes(origin) || isOwnPage(origin, host, rules)) return;
  throw new MeshError('forbidden', 'Pages of this origin may not connect; the operator can allow it.');
}

/** Whether a page came from this very host and port, under a name that nobody else can point here. */
function isOwnPage(origin: string, host: string | undefined, { allowedHosts }: OriginRules): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { host: from, hostname } = new URL(origin);
  const bare = hostname.replace(/^\[(.*)\]$/u, '$1');
  return from === host.toLowerCase() && (allowedHosts !== undefined || bare === 'localhost' || isIP(bare) > 0);
}

function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (host === undefined) return false;
  const name = host.toLowerCase();
  return allowed.includes(name) || allowed.includes(name.replace(/:\d+$/, ''));
}
