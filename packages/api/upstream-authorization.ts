import { MeshError } from '@devmesh/foundation/errors';

/**
 * Carries a person's own credentials for services, for one call of a tool: `<service> <scheme> <token>`, many divided by
 * commas, e.g. `github Bearer abc, jira Basic eHl6`. The platform uses the one that names the called service, and keeps none.
 */
export const upstreamAuthorizationHeader = 'devmesh-upstream-authorization';

/** A credential for the calls of one service. */
export interface UpstreamAuthorization {
  /** The name that the service was imported under. */
  readonly service: string;
  /** The scheme of the Authorization header, e.g. `Bearer`. */
  readonly scheme: string;
  /** What follows the scheme: a token68 of RFC 9110. */
  readonly token: string;
}

const one = /^([a-z][a-z0-9_]{0,23}) ([A-Za-z][A-Za-z0-9-]{0,31}) ([A-Za-z0-9._~+/-]{1,8192}=*)$/u;
const mostServices = 16;
const longestHeader = 32_768;

/** Reads the header; throws `invalid_request` that repeats nothing of it. */
export function parseUpstreamAuthorization(header: string): readonly UpstreamAuthorization[] {
  if (header.length > longestHeader) throw refusal();
  const given = header.split(',').map((part) => one.exec(part.trim()));
  const services = new Set(given.map((match) => match?.[1]));
  if (given.length > mostServices || services.size !== given.length) throw refusal();
  return given.map((match) => {
    if (match === null) throw refusal();
    const [, service = '', scheme = '', token = ''] = match;
    return { service, scheme, token };
  });
}

/** The header of these credentials. */
export function formatUpstreamAuthorization(given: readonly UpstreamAuthorization[]): string {
  return given.map(({ service, scheme, token }) => `${service} ${scheme} ${token}`).join(', ');
}

function refusal(): MeshError {
  return new MeshError(
    'invalid_request',
    `${upstreamAuthorizationHeader} holds "<service> <scheme> <token>", each service once, at most ${String(mostServices)}, divided by commas.`,
  );
}
