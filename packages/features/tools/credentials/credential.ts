import { Secret } from '@devmesh/foundation';
import { z } from 'zod';
import { grantOf, type GrantCredential } from './grant-credential.ts';

/** How calls to a service authenticate, as the API takes it. */
export type Credential =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'apiKey'; readonly in: 'header' | 'query'; readonly name: string; readonly value: string }
  | { readonly kind: 'oauth2'; readonly providerId: string; readonly mode: 'user' | 'organization' }
  | GrantCredential;

/** The part of a credential that may lie readable in the database. */
export type CredentialPlace =
  | {
      readonly kind: 'bearer' | 'basic' | GrantCredential['kind'];
      readonly location: null;
      readonly locationName: null;
    }
  | {
      readonly kind: 'oauth2';
      readonly location: null;
      readonly locationName: null;
      readonly providerId: string;
      readonly mode: 'user' | 'organization';
    }
  | { readonly kind: 'apiKey'; readonly location: 'header' | 'query'; readonly locationName: string };

const sealedFields = z.union([
  z.object({ token: z.string() }),
  z.object({ username: z.string(), password: z.string() }),
  z.object({ value: z.string() }),
]);

/** A credential apart: where it goes, and what must be sealed. */
export function splitCredential(credential: Credential): { readonly place: CredentialPlace; readonly secret: Secret } {
  if (credential.kind === 'bearer') return { place: nowhere('bearer'), secret: sealable({ token: credential.token }) };
  if (credential.kind === 'basic') {
    const { username, password } = credential;
    return { place: nowhere('basic'), secret: sealable({ username, password }) };
  }
  if (credential.kind === 'oauth2') {
    const { providerId, mode } = credential;
    return {
      place: { kind: 'oauth2', location: null, locationName: null, providerId, mode },
      secret: new Secret('{}'),
    };
  }
  if (credential.kind !== 'apiKey') {
    return { place: nowhere(credential.kind), secret: new Secret(JSON.stringify(grantOf(credential))) };
  }
  const { in: location, name: locationName, value } = credential;
  return { place: { kind: 'apiKey', location, locationName }, secret: sealable({ value }) };
}

function nowhere(kind: 'bearer' | 'basic' | GrantCredential['kind']): CredentialPlace {
  return { kind, location: null, locationName: null };
}

function sealable(fields: z.input<typeof sealedFields>): Secret {
  return new Secret(JSON.stringify(fields));
}

/** What a credential adds to a request. */
export interface Authorization {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  /** Every form in which the service could echo the secret. */
  readonly traces: readonly string[];
}

/** What a call without a credential adds. */
export const anonymous: Authorization = { headers: {}, query: [], traces: [] };

/** What a bearer token adds to a request. */
export function bearer(token: string): Authorization {
  return inHeader('Bearer', token);
}

/** What a token under another scheme adds. */
export function inHeader(scheme: string, token: string): Authorization {
  return { ...anonymous, headers: { authorization: `${scheme} ${token}` }, traces: formsOf(token) };
}

/** Opens a stored credential for one request. */
export function authorize(place: CredentialPlace, secret: Secret): Authorization {
  const fields = sealedFields.parse(JSON.parse(secret.open()));
  if ('token' in fields) {
    return bearer(fields.token);
  }
  if ('password' in fields) {
    const encoded = Buffer.from(`${fields.username}:${fields.password}`, 'utf8').toString('base64');
    return {
      ...anonymous,
      headers: { authorization: `Basic ${encoded}` },
      traces: [...formsOf(encoded), ...formsOf(fields.password)],
    };
  }
  const traces = formsOf(fields.value);
  if (place.location === 'query') return { ...anonymous, query: [[place.locationName, fields.value]], traces };
  return { ...anonymous, headers: { [place.locationName?.toLowerCase() ?? '']: fields.value }, traces };
}

/** Shorter texts occur by chance, so that taking them away would only damage answers. */
const shortestTrace = 4;

function formsOf(value: string): readonly string[] {
  const forms = [
    value,
    encodeURIComponent(value),
    new URLSearchParams([['', value]]).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value, 'utf8').toString('base64'),
  ];
  return [...new Set(forms)]
    .filter((form) => form.length >= shortestTrace)
    .sort((one, other) => other.length - one.length);
}

/** The text without any trace of the secret. */
export function scrub(text: string, traces: readonly string[]): string {
  return traces.reduce((rest, trace) => rest.replaceAll(trace, '[redacted]'), text);
}
