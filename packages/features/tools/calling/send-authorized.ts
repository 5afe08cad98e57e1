import { MeshError, type Logger } from '@devmesh/foundation';
import type { GuardedResponse } from '@devmesh/infrastructure';
import type { CallAuthorization } from '../credentials/authorizer.ts';
import type { Authorization } from '../credentials/credential.ts';

interface SendAuthorized {
  readonly authorized: CallAuthorization;
  /** Whether the method promises to change nothing. */
  readonly safe: boolean;
  readonly send: (authorization: Authorization) => Promise<GuardedResponse>;
  readonly log: Logger;
}

/** An answer, and all that must not show in it. */
export interface AuthorizedAnswer {
  readonly response: GuardedResponse;
  readonly traces: readonly string[];
}

/**
 * Sends a call, and where its token was refused gets another, once. The call is sent again, once, where nothing can have
 * happened: its method is safe, or the service says that it refused the token itself (RFC 6750, 3.1). Any other 401 is the answer,
 * as a service behind a gateway may have acted before it refused; the next call has the new token.
 */
export async function sendAuthorized({ authorized, safe, send, log }: SendAuthorized): Promise<AuthorizedAnswer> {
  const response = await send(authorized.authorization);
  const { traces } = authorized.authorization;
  if (response.status !== 401 || authorized.renew === undefined) return { response, traces };
  const next = await authorized.renew().catch((error: unknown) => {
    // The service's refusal tells more than that there is no other token for the moment.
    if (!(error instanceof MeshError) || error.code === 'consent_required') throw error;
    log.warn('a refused token could not be renewed', { 'error.code': error.code });
    return undefined;
  });
  if (next === undefined || !(safe || refusedToken(response))) return { response, traces };
  return {
    response: await send(next.authorization),
    traces: [...traces, ...next.authorization.traces],
  };
}

function refusedToken({ headers }: GuardedResponse): boolean {
  return /\bbearer\b[^]*\berror\s*=\s*"?invalid_token\b/iu.test(headers.get('www-authenticate') ?? '');
}
