import { isIP } from 'node:net';
import { MeshError } from '@devmesh/foundation';

interface HostRules {
  /** The address that is listened on. */
  readonly listenHost: string;
  /** Names that the operator publishes the service under, without port. */
  readonly allowedHosts: readonly string[];
  readonly publishedAt?: string | undefined;
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Refuses requests for host names that are not ours, so that no page can reach a private service under a name of its own
 * (DNS rebinding). Addresses, localhost and where it is published are always ours: rebinding needs a name of others. Without
 * allowed ones, a service that listens beyond the machine answers under every name: inside a network it has more than one.
 */
export function createHostCheck(rules: HostRules): (host: string | undefined) => void {
  const { listenHost, allowedHosts, publishedAt } = rules;
  const published = publishedAt === undefined ? [] : [new URL(publishedAt).hostname];
  const names = new Set([...allowedHosts, ...published].map((name) => name.toLowerCase()));
  const open = allowedHosts.length === 0 && !loopback.has(listenHost);
  return (host) => {
    if (open) return;
    const name = nameOf(host ?? '');
    if (isIP(name) > 0 || name === 'localhost' || name.endsWith('.localhost') || names.has(name)) return;
    throw new MeshError('wrong_host', 'This server does not answer for that host name.');
  };
}

/** The name of a `Host` header: in lower case, without port and brackets. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/u.exec(host);
  return bracketed?.[1] ?? host.toLowerCase().replace(/:\d*$/u, '').replace(/\.$/u, '');
}
