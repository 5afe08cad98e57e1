import { MeshError } from '@devmesh/foundation';
import { decodeJwt } from 'jose';
import type { SignIns } from '../signin/index.ts';
import { requireSingle } from './authorization-request.ts';
import { keyOfClient } from './client.ts';
import type { Clients } from './clients.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import type { TokenRequest } from './token-endpoint.ts';

interface RevokeTokenOptions {
  readonly signIns: SignIns;
  readonly clients: Clients;
}

/** Ends the sign-in of a token that was issued to the client that brings it; every other token is left as it is. */
export async function revokeToken({ signIns, clients }: RevokeTokenOptions, request: TokenRequest): Promise<void> {
  const { form, authorization } = request;
  requireSingle(form);
  const client = keyOfClient(clients.authenticate(form, authorization));
  const token = form.get('token');
  if (token === null || token === '') throw new OAuthRefusal('invalid_request', 'token is missing.');
  try {
    const signIn = token.includes('.')
      ? await ofAccessToken(signIns, token, client)
      : await use(signIns, token, client);
    const actor = { name: `user:${signIn.userId}`, userId: signIn.userId, agentId: undefined };
    await signIns.revoke({ ...signIn, reason: 'signed_out', actor });
  } catch (error) {
    // RFC 7009, section 2.2: there is nothing that the client could do about it.
    if (!(error instanceof MeshError) || error.code !== 'unauthenticated') throw error;
  }
}

interface Ending {
  readonly tenantId: string;
  readonly userId: string;
  readonly signInId: string;
}

/** Refreshing proves that the token is the client's and the last one; what it gives ends with the sign-in. */
async function use(signIns: SignIns, token: string, client: string): Promise<Ending> {
  const { tenantId, userId, signInId } = (await signIns.refresh(token, client)).signIn;
  return { tenantId, userId, signInId };
}

async function ofAccessToken(signIns: SignIns, token: string, client: string): Promise<Ending> {
  const { tenantId, keyId, userId } = await signIns.authenticate(token);
  // Its signature has just been verified.
  if (userId === undefined || decodeJwt(token)['client_id'] !== client) {
    throw new MeshError('unauthenticated', 'The token was issued to another client.');
  }
  return { tenantId, userId, signInId: keyId };
}
