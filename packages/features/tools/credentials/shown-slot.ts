import type { SecuritySlot } from '../reading/security.ts';

/** A slot in words, e.g. `api_key (an API key, header X-Key)`. */
export function shownSlot(slot: SecuritySlot): string {
  return `${slot.scheme} (${kindOf(slot)})`;
}

function kindOf({ type, in: place, name, httpScheme }: SecuritySlot): string {
  switch (type) {
    case 'apiKey':
      return place === undefined || name === undefined ? 'an API key' : `an API key, ${place} ${name}`;
    case 'http':
      return `HTTP ${httpScheme ?? ''}`;
    case 'oauth2':
      return 'OAuth 2.0';
    case 'openIdConnect':
      return 'OpenID Connect';
    case 'mutualTLS':
      return 'a client certificate';
    case 'unknown':
  }
  return 'which the document does not declare';
}
