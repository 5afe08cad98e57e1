import { z } from 'zod';
import { id } from './schemas.ts';

const tokenEndpoint = z
  .url({ protocol: /^https?$/u })
  .max(2000)
  .describe('Where tokens are asked for; https, except on this machine.');

const grantScopes = z
  .array(
    z
      .string()
      .min(1)
      .max(200)
      .regex(/^[\u0021\u0023-\u005B\u005D-\u007E]+$/u, 'printable ASCII without space, quote and backslash'),
  )
  .max(100)
  .default([]);

/** The scheme that a credential fills. */
export const credentialSlot = z
  .string()
  .min(1)
  .max(200)
  .describe('A security scheme by its name in the document. Absent: every scheme that the credential fits.');

const where = {
  slot: credentialSlot.optional(),
  origins: z
    .array(z.url({ protocol: /^(?:https?|wss?)$/u }).max(300))
    .min(1)
    .max(10)
    .optional()
    .describe('The only origins that it is sent to. Absent: that of the base URL of the service.'),
};

const text = (most: number) => z.string().min(1).max(most);
const pem = (most: number) => text(most).describe('In PEM.');

/** How calls to a service authenticate, as it is handed in. */
export const credential = z
  .discriminatedUnion('kind', [
    z.object({ ...where, kind: z.literal('bearer'), token: text(8192) }),
    z.object({ ...where, kind: z.literal('basic'), username: z.string().max(1024), password: z.string().max(8192) }),
    z.object({
      ...where,
      kind: z.literal('apiKey'),
      in: z.enum(['header', 'query', 'cookie']).optional().describe('Absent, with `name`: as the document says.'),
      name: text(200).optional(),
      value: text(8192),
    }),
    z.object({
      ...where,
      kind: z.literal('header'),
      scheme: text(100).describe('What stands before the value in the header Authorization, e.g. `Token`.'),
      value: text(8192),
    }),
    z.object({
      ...where,
      kind: z.literal('oauth2'),
      providerId: id.describe('An OAuth provider of the organization; its tokens go to its hosts only.'),
      mode: z
        .enum(['user', 'organization'])
        .describe('Whose connection a call uses: that of the person behind it, or the one of the organization.'),
    }),
    z.object({
      ...where,
      kind: z.literal('clientCredentials'),
      tokenEndpoint,
      clientId: text(1024),
      clientSecret: text(8192),
      clientAuthentication: z.enum(['basic', 'post']).default('basic'),
      scopes: grantScopes,
      audience: text(2000).optional(),
      resource: text(2000).optional().describe('The resource that tokens are asked for (RFC 8707).'),
    }),
    z.object({
      ...where,
      kind: z.literal('jwtBearer'),
      key: text(16_384).describe('A private key in PEM.'),
      algorithm: z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']).default('RS256'),
      keyId: text(500).optional(),
      issuer: text(2000).describe('Who signs, e.g. a service account; the client id of a GitHub App.'),
      subject: text(2000).optional(),
      audience: text(2000).optional().describe('Default: the token endpoint.'),
      tokenEndpoint: tokenEndpoint.optional(),
      scopes: grantScopes,
      githubApp: z
        .object({
          installationId: z.string().regex(/^[0-9]{1,20}$/u, 'digits'),
          apiUrl: z
            .url({ protocol: /^https?$/u })
            .max(2000)
            .default('https://api.github.com'),
        })
        .optional()
        .describe('In place of a token endpoint: tokens of an installation of a GitHub App.'),
    }),
    z.object({
      ...where,
      kind: z.literal('mutualTls'),
      certificate: pem(65_536).describe('The client certificate with its chain, in PEM.'),
      key: pem(16_384).describe('Its private key in PEM, unencrypted.'),
      authority: pem(65_536)
        .optional()
        .describe("Who signed the service's own certificate, where no public authority did."),
    }),
    z.object({
      ...where,
      kind: z.literal('awsSigV4'),
      accessKeyId: text(128),
      secretAccessKey: text(1024),
      sessionToken: text(8192).optional(),
      region: text(64),
      service: text(64).describe('As AWS names it for signing, e.g. `execute-api` or `s3`.'),
    }),
    z
      .object({ ...where, kind: z.literal('none') })
      .describe('Calls are sent without a credential, whatever the document says.'),
  ])
  .describe('How calls authenticate at the service. Stored encrypted, never shown again.');
