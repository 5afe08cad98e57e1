import { MeshError, type Secret } from '@devmesh/foundation';
import { z } from 'zod';
import { checkEndpoint, signingKey, type MachineGrant } from '../../connections/index.ts';

/** A credential by which a service's calls get tokens of their own, as the API takes it. */
export type GrantCredential =
  | {
      readonly kind: 'clientCredentials';
      readonly tokenEndpoint: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly clientAuthentication: 'basic' | 'post';
      readonly scopes: readonly string[];
      readonly audience?: string | undefined;
      readonly resource?: string | undefined;
    }
  | {
      readonly kind: 'jwtBearer';
      readonly key: string;
      readonly algorithm: string;
      readonly keyId?: string | undefined;
      readonly issuer: string;
      readonly subject?: string | undefined;
      readonly audience?: string | undefined;
      readonly tokenEndpoint?: string | undefined;
      readonly scopes: readonly string[];
      readonly githubApp?: { readonly installationId: string; readonly apiUrl: string } | undefined;
    };

const shared = { tokenEndpoint: z.string(), scopes: z.array(z.string()), audience: z.string().optional() };

const stored = z.discriminatedUnion('kind', [
  z.object({
    ...shared,
    kind: z.literal('clientCredentials'),
    clientId: z.string(),
    clientSecret: z.string(),
    clientAuthentication: z.enum(['basic', 'post']),
    resource: z.string().optional(),
  }),
  z.object({
    ...shared,
    kind: z.literal('jwtBearer'),
    key: z.string(),
    algorithm: z.string(),
    keyId: z.string().optional(),
    issuer: z.string(),
    subject: z.string().optional(),
    direct: z.boolean(),
  }),
]);

/** The grant that a credential stands for; throws `invalid_request` where it could not be used. */
export function grantOf(credential: GrantCredential): MachineGrant {
  if (credential.kind === 'clientCredentials') return credential;
  const { githubApp, tokenEndpoint, ...rest } = credential;
  if (githubApp !== undefined && tokenEndpoint === undefined) {
    const installation = `/app/installations/${githubApp.installationId}/access_tokens`;
    return { ...rest, tokenEndpoint: githubApp.apiUrl.replace(/\/+$/u, '') + installation, direct: true };
  }
  if (tokenEndpoint === undefined || githubApp !== undefined) {
    const message = 'give exactly one of tokenEndpoint and githubApp';
    throw new MeshError('invalid_request', `The credential is not complete: ${message}.`, {
      issues: [{ path: 'credential.tokenEndpoint', message }],
    });
  }
  return { ...rest, tokenEndpoint, direct: false };
}

/** Throws `invalid_request` for a grant that could not be sent, or would send its secret in the clear. */
export function checkGrant(credential: GrantCredential): void {
  const grant = grantOf(credential);
  checkEndpoint('token', grant.tokenEndpoint);
  if (grant.kind === 'jwtBearer') signingKey(grant);
}

/** A grant as it was sealed. */
export function openGrant(secret: Secret): MachineGrant {
  return stored.parse(JSON.parse(secret.open()));
}
