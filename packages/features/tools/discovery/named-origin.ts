import { basic, bearer, inHeader, keyAt, type Authorization, type Credential } from '../credentials/credential.ts';
import { originOf } from '../credentials/origin.ts';

/** What may be sent where: the credential goes to the origin that somebody named and to no other. */
export interface NamedOrigin {
  /** What a request to this address carries. */
  authorizationFor(url: string): Authorization | undefined;
}

/** Binds a credential to the origin of an address that the caller named. */
export function nameOrigin(named: string, credential: Credential | undefined): NamedOrigin {
  const origin = originOf(named);
  const authorization = credential === undefined ? undefined : sentAsItIs(credential);
  return { authorizationFor: (url) => (originOf(url) === origin ? authorization : undefined) };
}

/** What a credential adds that needs no exchange and no signature; undefined for others. */
function sentAsItIs(credential: Credential): Authorization | undefined {
  if (credential.kind === 'bearer') return bearer(credential.token);
  if (credential.kind === 'basic') return basic(credential.username, credential.password);
  if (credential.kind === 'header') return inHeader(credential.scheme, credential.value);
  if (credential.kind !== 'apiKey' || credential.name === undefined) return undefined;
  return keyAt(credential.in ?? 'header', credential.name, credential.value);
}
