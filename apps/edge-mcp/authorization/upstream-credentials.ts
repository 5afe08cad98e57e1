import { formatUpstreamAuthorization, upstreamAuthorizationHeader } from '@devmesh/api';
import { MeshError, Secret } from '@devmesh/foundation';

/**
 * A person's own credentials for imported services, which their client sends as `X-Devmesh-Upstream-<service>`. They live in
 * the memory of one session and end with it; each goes to the platform with the calls of its own service and with nothing else.
 */
export interface UpstreamCredentials {
  /** Takes over what another request of the session brought; what it does not name stays. */
  merge(others: UpstreamCredentials): void;
  /** The headers that a call of a tool takes along. What `renamed` tools are called does not tell their service: the platform picks. */
  headersFor(toolName: string, renamed?: boolean): Readonly<Record<string, string>>;
  forget(): void;
  entries(): readonly (readonly [string, UpstreamCredential])[];
}

interface UpstreamCredential {
  readonly scheme: string;
  readonly token: Secret;
}

const prefix = 'x-devmesh-upstream-';
const servicePattern = /^[a-z][a-z0-9_]{0,23}$/u;
const valuePattern = /^(?:([A-Za-z][A-Za-z0-9-]{0,31}) +)?([A-Za-z0-9._~+/-]{1,8192}=*)$/u;
const mostServices = 16;

/** Reads the credentials of a request; throws `invalid_request` that repeats nothing of them. */
export function readUpstreamCredentials(headers: Iterable<readonly [string, string | undefined]>): UpstreamCredentials {
  const held = new Map<string, UpstreamCredential>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!lower.startsWith(prefix) || value === undefined) continue;
    // Proxies drop header names with underscores, so a hyphen stands for one.
    const service = lower.slice(prefix.length).replaceAll('-', '_');
    const [, scheme = 'Bearer', token] = valuePattern.exec(value.trim()) ?? [];
    if (!servicePattern.test(service) || token === undefined || held.has(service) || held.size >= mostServices) {
      throw refusal();
    }
    held.set(service, { scheme, token: new Secret(token) });
  }
  return over(held);
}

function over(held: Map<string, UpstreamCredential>): UpstreamCredentials {
  return {
    merge: (others) => {
      for (const [service, credential] of others.entries()) {
        if (held.size >= mostServices && !held.has(service)) throw refusal();
        held.set(service, credential);
      }
    },
    headersFor: (toolName, renamed = false) => {
      // A service's tools begin with its name; where one name begins another, the platform picks the one it needs.
      const meant = [...held].filter(([service]) => renamed || toolName.startsWith(`${service}_`));
      if (meant.length === 0) return {};
      const given = meant.map(([service, { scheme, token }]) => ({ service, scheme, token: token.open() }));
      return { [upstreamAuthorizationHeader]: formatUpstreamAuthorization(given) };
    },
    forget: () => {
      held.clear();
    },
    entries: () => [...held],
  };
}

function refusal(): MeshError {
  return new MeshError(
    'invalid_request',
    `X-Devmesh-Upstream-<service> holds a token, or a scheme and a token; at most ${String(mostServices)} services.`,
  );
}
