import type { UpstreamAuthorization } from '@devmesh/api';
import { MeshError, type Secret } from '@devmesh/foundation';
import type { Connections, UpstreamToken } from '../../connections/index.ts';
import type { Principal } from '../../identity/index.ts';
import type { CallableRow } from '../store.ts';
import { anonymous, bearer, inHeader, type Authorization } from './credential.ts';
import { openGrant } from './grant-credential.ts';
import { authorizationFor, isStranger } from './sealed-credential.ts';

/** What a call is sent under. */
export interface CallAuthorization {
  readonly authorization: Authorization;
  /** The person's own credential was used, not the stored one. */
  readonly passThrough: boolean;
  /** Another token in place of a refused one; undefined where there is none. Absent where nothing can be renewed. */
  readonly renew?: () => Promise<CallAuthorization | undefined>;
}

interface Authorizing {
  readonly principal: Principal;
  readonly row: CallableRow;
  /** The stored credential, opened. */
  readonly secret: Secret | undefined;
  /** What the caller handed over for services by name. */
  readonly handedOver: readonly UpstreamAuthorization[];
}

interface AuthorizerOptions {
  readonly connections: Connections;
  /** What the organization allows. */
  readonly settings: (tenantId: string) => Promise<{ readonly passThrough: boolean }>;
}

/**
 * What a call of a service adds to its request. Throws `consent_required` where a person must consent first, `forbidden` where
 * the organization does not allow the credential that the caller handed over.
 */
export async function authorizeCall(options: AuthorizerOptions, call: Authorizing): Promise<CallAuthorization> {
  const { row, secret, principal } = call;
  const given = call.handedOver.find(({ service }) => service === row.service);
  if (given !== undefined) return passedThrough(options, call, given);
  if (row.kind === null || secret === undefined || isStranger(row)) {
    return { authorization: anonymous, passThrough: false };
  }
  const { tenantId, userId } = principal;
  if (row.kind === 'oauth2') {
    const { providerId, mode, baseUrl } = row;
    if (providerId === null || mode === null) throw new MeshError('internal', 'A credential names no provider.');
    return underToken(await options.connections.connectionToken({ tenantId, userId, providerId, mode, baseUrl }));
  }
  if (row.kind === 'clientCredentials' || row.kind === 'jwtBearer') {
    const { toolId } = row;
    return underToken(await options.connections.machineToken({ tenantId, toolId, grant: openGrant(secret) }));
  }
  return { authorization: authorizationFor(row, secret), passThrough: false };
}

function underToken(token: UpstreamToken): CallAuthorization {
  return {
    authorization: bearer(token.token.open()),
    passThrough: false,
    renew: async () => {
      const next = await token.renew();
      return next === undefined ? undefined : underToken(next);
    },
  };
}

async function passedThrough(
  { settings }: AuthorizerOptions,
  { principal, row }: Authorizing,
  { scheme, token }: UpstreamAuthorization,
): Promise<CallAuthorization> {
  if (!(await settings(principal.tenantId)).passThrough) {
    throw new MeshError(
      'forbidden',
      'This organization does not allow credentials to be passed through; its setting passThrough says so.',
    );
  }
  return { authorization: isStranger(row) ? anonymous : inHeader(scheme, token), passThrough: true };
}
