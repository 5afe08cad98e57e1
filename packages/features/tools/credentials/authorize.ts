import { MeshError, Secret } from '@devmesh/foundation';
import {
  anonymous,
  basic,
  bearer,
  inHeader,
  keyAt,
  openFields,
  type Authorization,
  type SealedFields,
} from './credential.ts';
import type { CredentialPlace, KeyLocation } from './credential.ts';
import { signV4 } from './sign-v4.ts';
import { tracesOf } from './traces.ts';

/** Where the document wants an API key that names no place itself. */
interface DeclaredPlace {
  readonly in?: KeyLocation | undefined;
  readonly name?: string | undefined;
}

interface Authorizing {
  readonly place: Pick<CredentialPlace, 'location' | 'locationName'>;
  readonly secret: Secret;
  readonly declared?: DeclaredPlace | undefined;
  /** Milliseconds since the Unix epoch; signatures tell it. */
  readonly now: () => number;
}

/** Opens a stored credential, of a kind that is sent as it is, for one request. */
export function authorize({ place, secret, declared = {}, now }: Authorizing): Authorization {
  const fields = openFields(secret);
  if ('certificate' in fields) return certified(fields);
  if ('secretAccessKey' in fields) return signing(fields, now);
  if ('token' in fields) return bearer(fields.token);
  if ('password' in fields) return basic(fields.username, fields.password);
  if ('scheme' in fields) return inHeader(fields.scheme, fields.value);
  if (!('value' in fields)) return anonymous;
  const location = place.location ?? declared.in;
  const name = place.locationName ?? declared.name;
  if (location === undefined || name === undefined) {
    throw new MeshError('credential_missing', 'The API key says not where it goes, and neither does the document.');
  }
  return keyAt(location, name, fields.value);
}

function certified({ certificate, key, authority }: Extract<SealedFields, { certificate: string }>): Authorization {
  return { ...anonymous, traces: tracesOf(key), clientCertificate: { certificate, key: new Secret(key), authority } };
}

function signing(identity: Extract<SealedFields, { secretAccessKey: string }>, now: () => number): Authorization {
  const secrets = [identity.secretAccessKey, ...(identity.sessionToken === undefined ? [] : [identity.sessionToken])];
  return { ...anonymous, traces: tracesOf(...secrets), sign: (request) => signV4(request, identity, now()) };
}

/** Several credentials on one request. Throws `invalid_request` where two of them want the same place. */
export function joinAuthorizations(parts: readonly Authorization[]): Authorization {
  return parts.reduce(join, anonymous);
}

function join(one: Authorization, other: Authorization): Authorization {
  const cookies = [one.headers['cookie'], other.headers['cookie']].filter((cookie) => cookie !== undefined);
  const taken = Object.keys(other.headers).find((name) => name !== 'cookie' && Object.hasOwn(one.headers, name));
  const twice = (first: unknown, second: unknown): boolean => first !== undefined && second !== undefined;
  if (taken !== undefined || twice(one.sign, other.sign) || twice(one.clientCertificate, other.clientCertificate)) {
    throw new MeshError(
      'invalid_request',
      `Two credentials of this service want the same place, ${taken ?? 'the signature or certificate'}, of a request.`,
    );
  }
  return {
    ...one,
    ...other,
    headers: { ...one.headers, ...other.headers, ...(cookies.length === 0 ? {} : { cookie: cookies.join('; ') }) },
    query: [...one.query, ...other.query],
    traces: [...one.traces, ...other.traces],
  };
}
