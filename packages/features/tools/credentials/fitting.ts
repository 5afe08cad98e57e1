import type { SecuritySlot } from '../reading/security.ts';
import type { CredentialPlace } from './credential.ts';

type Placed = Pick<CredentialPlace, 'kind' | 'location' | 'locationName'>;

/** The kinds of credential that fill a slot. */
export function kindsFor({ type, httpScheme, in: place, name }: SecuritySlot): readonly CredentialPlace['kind'][] {
  const tokens = ['bearer', 'oauth2', 'clientCredentials', 'jwtBearer'] as const;
  switch (type) {
    case 'mutualTLS':
      return ['mutualTls'];
    case 'oauth2':
    case 'openIdConnect':
      return [...tokens, 'apiKey'];
    case 'http':
      if (httpScheme === 'basic') return ['basic', 'header', 'apiKey'];
      if (httpScheme === 'bearer') return [...tokens, 'apiKey'];
      return httpScheme === 'aws4-hmac-sha256' ? ['awsSigV4'] : ['header', 'apiKey'];
    case 'apiKey':
      // Much that is no API key is declared as one in this header.
      if (isAuthorization(place, name)) return ['apiKey', 'header', 'basic', ...tokens, 'awsSigV4'];
      return ['apiKey'];
    case 'unknown':
  }
  return [...tokens, 'basic', 'header', 'apiKey', 'awsSigV4', 'mutualTls'];
}

/** Whether a credential that names no slot fills this one. */
export function fits(slot: SecuritySlot, credential: Placed): boolean {
  if (credential.kind === 'none') return true;
  if (!kindsFor(slot).includes(credential.kind)) return false;
  return credential.kind !== 'apiKey' || keyFits(slot, credential);
}

function keyFits(slot: SecuritySlot, { location, locationName }: Placed): boolean {
  if (slot.type === 'apiKey') {
    if (location === null || locationName === null) return slot.in !== undefined && slot.name !== undefined;
    return location === (slot.in ?? location) && sameName(location, locationName, slot.name ?? locationName);
  }
  // A key in the header of all other schemes is what they want, written out.
  return slot.type === 'unknown'
    ? location !== null
    : isAuthorization(location ?? undefined, locationName ?? undefined);
}

function sameName(location: string, one: string, other: string): boolean {
  return location === 'header' ? one.toLowerCase() === other.toLowerCase() : one === other;
}

function isAuthorization(location: string | undefined, name: string | undefined): boolean {
  return location === 'header' && name?.toLowerCase() === 'authorization';
}
