import { MeshError, type Clock, type NewId } from '@devmesh/foundation';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import {
  accessTokenAlgorithm,
  accessTokenSeconds,
  accessTokenType,
  clockToleranceSeconds,
  type SigningKeys,
} from './signing-keys.ts';

/** What an access token says (RFC 9068). What its bearer may do is never taken from it. */
interface AccessClaims {
  readonly iss: string;
  /** Where it may be used. */
  readonly aud: string;
  /** The user. */
  readonly sub: string;
  /** The organization. */
  readonly tid: string;
  /** The sign-in. */
  readonly sid: string;
  /** For the client to read; the platform reads its own tables. */
  readonly scope: string;
  readonly client_id: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

interface AccessTokensOptions {
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly newId: NewId;
  /** The issuer of our tokens: where people reach the platform. */
  readonly issuer: () => string;
  /** Our own endpoints, one of which a token must be for. */
  readonly audiences: () => readonly string[];
}

/** Signs and verifies access tokens. */
export interface AccessTokens {
  sign(claims: Pick<AccessClaims, 'aud' | 'sub' | 'tid' | 'sid' | 'scope' | 'client_id'>): Promise<string>;
  /** What a token says, if we signed it, for one of our endpoints, and it has not ended. Throws `unauthenticated` without telling why. */
  verify(token: string): Promise<AccessClaims>;
}

const longestToken = 4_096;
// Linear: no part of it can match what another one does.
const compact = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/u;

const claimsSchema = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.uuid(),
  tid: z.uuid(),
  sid: z.uuid(),
  scope: z.string(),
  client_id: z.string(),
  jti: z.uuid(),
  iat: z.int(),
  exp: z.int(),
});

/** Builds the access tokens. */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { keys, clock, newId, issuer } = options;
  return {
    sign: (claims) => {
      const { kid, privateKey } = keys.current();
      const iat = Math.floor(clock.now() / 1_000);
      return new SignJWT({ iss: issuer(), ...claims, jti: newId(), iat, exp: iat + accessTokenSeconds })
        .setProtectedHeader({ alg: accessTokenAlgorithm, typ: accessTokenType, kid })
        .sign(privateKey);
    },
    verify: async (token) => {
      try {
        return await verify(options, token);
      } catch (error) {
        throw new MeshError('unauthenticated', 'The access token is not one that is valid here.', { cause: error });
      }
    },
  };
}

/** The header must be, byte for byte, one that we write ourselves: then it names no algorithm, key or extension of its own. */
async function verify(options: AccessTokensOptions, token: string): Promise<AccessClaims> {
  const { keys, clock, issuer, audiences } = options;
  const [, header = '', , signature = ''] = (token.length <= longestToken && compact.exec(token)) || [];
  const key = keys.find(header);
  // Spare bits at the end of base64url would let one signature be written in several ways.
  if (key === undefined || !isCanonical(signature)) throw new Error('not one of our tokens');
  const { payload } = await jwtVerify(token, key.publicKey, {
    algorithms: [accessTokenAlgorithm],
    typ: accessTokenType,
    issuer: issuer(),
    audience: [...audiences()],
    clockTolerance: clockToleranceSeconds,
    maxTokenAge: accessTokenSeconds,
    currentDate: new Date(clock.now()),
  });
  return claimsSchema.parse(payload);
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}
