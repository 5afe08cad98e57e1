import { Secret } from '@devmesh/foundation';
import type { ClientCertificate } from '@devmesh/infrastructure';
import { z } from 'zod';
import { grantOf, type GrantCredential } from './grant-credential.ts';
import type { SignableRequest } from './sign-v4.ts';
import { tracesOf } from './traces.ts';

/** How calls to a service authenticate, as the API takes it. */
export type Credential =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'apiKey';
      readonly in?: KeyLocation | undefined;
      readonly name?: string | undefined;
      readonly value: string;
    }
  | { readonly kind: 'header'; readonly scheme: string; readonly value: string }
  | { readonly kind: 'oauth2'; readonly providerId: string; readonly mode: 'user' | 'organization' }
  | {
      readonly kind: 'mutualTls';
      readonly certificate: string;
      readonly key: string;
      readonly authority?: string | undefined;
    }
  | {
      readonly kind: 'awsSigV4';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string | undefined;
      readonly region: string;
      readonly service: string;
    }
  | { readonly kind: 'none' }
  | GrantCredential;

type CredentialKind = Credential['kind'];

/** Where an API key goes. */
export type KeyLocation = 'header' | 'query' | 'cookie';

/** The part of a credential that may lie readable in the database. */
export interface CredentialPlace {
  readonly kind: CredentialKind;
  /** Of an API key that names its place itself. */
  readonly location: KeyLocation | null;
  readonly locationName: string | null;
  /** With kind `oauth2`. */
  readonly providerId: string | null;
  readonly mode: 'user' | 'organization' | null;
}

const sealedFields = z.union([
  z.object({ token: z.string() }),
  z.object({ username: z.string(), password: z.string() }),
  z.object({ scheme: z.string(), value: z.string() }),
  z.object({ value: z.string() }),
  z.object({ certificate: z.string(), key: z.string(), authority: z.string().optional() }),
  z.object({
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    sessionToken: z.string().optional(),
    region: z.string(),
    service: z.string(),
  }),
  z.strictObject({ kind: z.undefined().optional() }),
]);

/** What of a credential was sealed and is sent with a call. */
export type SealedFields = z.output<typeof sealedFields>;

/** A credential apart: where it goes, and what must be sealed. */
export function splitCredential(credential: Credential): { readonly place: CredentialPlace; readonly secret: Secret } {
  const { kind } = credential;
  const nowhere = { kind, location: null, locationName: null, providerId: null, mode: null };
  if (kind === 'oauth2') {
    return {
      place: { ...nowhere, providerId: credential.providerId, mode: credential.mode },
      secret: new Secret('{}'),
    };
  }
  if (kind === 'clientCredentials' || kind === 'jwtBearer') {
    return { place: nowhere, secret: new Secret(JSON.stringify(grantOf(credential))) };
  }
  if (kind === 'apiKey') {
    const { in: location = null, name = null, value } = credential;
    return { place: { ...nowhere, location, locationName: name }, secret: new Secret(JSON.stringify({ value })) };
  }
  const { kind: _kind, ...fields } = credential;
  rememberParts(credential);
  return { place: nowhere, secret: new Secret(JSON.stringify(fields satisfies SealedFields)) };
}

/** Redaction knows the lines of a key, which the JSON that is sealed does not show it. */
function rememberParts(credential: Credential): void {
  if (credential.kind === 'mutualTls') void new Secret(credential.key);
  if (credential.kind === 'awsSigV4') void new Secret(credential.secretAccessKey);
}

/** The sealed part of a credential, opened. */
export function openFields(secret: Secret): SealedFields {
  return sealedFields.parse(JSON.parse(secret.open()));
}

/** What a credential adds to a request. */
export interface Authorization {
  /** A cookie among them is one pair, or several with `; ` between them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  /** Every form in which the service could echo the secret. */
  readonly traces: readonly string[];
  /** Shown where the connection is made. */
  readonly clientCertificate?: ClientCertificate;
  /** The headers that sign a request which is complete but for them. */
  readonly sign?: (request: SignableRequest) => Readonly<Record<string, string>>;
}

/** What a call without a credential adds. */
export const anonymous: Authorization = { headers: {}, query: [], traces: [] };

/** What a bearer token adds to a request. */
export function bearer(token: string): Authorization {
  return inHeader('Bearer', token);
}

/** What a token under another scheme adds. */
export function inHeader(scheme: string, token: string): Authorization {
  return { ...anonymous, headers: { authorization: `${scheme} ${token}` }, traces: tracesOf(token) };
}

/** What user name and password add (RFC 7617). */
export function basic(username: string, password: string): Authorization {
  const pair = `${username}:${password}`;
  const encoded = Buffer.from(pair, 'utf8').toString('base64');
  return { ...anonymous, headers: { authorization: `Basic ${encoded}` }, traces: tracesOf(encoded, pair, password) };
}

/** What an API key adds at its place. */
export function keyAt(location: KeyLocation, name: string, value: string): Authorization {
  const traces = tracesOf(value);
  if (location === 'query') return { ...anonymous, query: [[name, value]], traces };
  if (location === 'cookie') return { ...anonymous, headers: { cookie: `${name}=${value}` }, traces };
  return { ...anonymous, headers: { [name.toLowerCase()]: value }, traces };
}

/** The text without any trace of the secret. */
export function scrub(text: string, traces: readonly string[]): string {
  return traces.reduce((rest, trace) => rest.replaceAll(trace, '[redacted]'), text);
}
