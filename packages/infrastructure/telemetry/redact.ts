import { redactSecrets, Secret, type Attributes } from '@devmesh/foundation';

const redacted = '[redacted]';

const secretWords: ReadonlySet<string> = new Set([
  'authorization',
  'password',
  'passwd',
  'passphrase',
  'token',
  'secret',
  'cookie',
  'credential',
  'apikey',
  'privatekey',
]);

/** Attributes as they may leave the process: secrets, and text under a name that promises a secret, are replaced. */
export function redactAttributes(attributes: Attributes): Record<string, string | number | boolean> {
  const safe: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const shown = redactValue(name, value);
    if (shown !== undefined) safe[name] = shown;
  }
  return safe;
}

/** The types allow only plain values; a careless cast must still not print a secret. */
function redactValue(name: string, value: unknown): string | number | boolean | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined || value === null) return undefined;
  if (value instanceof Secret || namesSecret(name)) return redacted;
  return typeof value === 'string' ? redactText(value) : '[object]';
}

/** Names are few and in the program; what is beyond is looked at anew each time. */
const known = new Map<string, boolean>();
const mostKnown = 2_000;

function namesSecret(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const found = holdsSecretWord(name);
  if (known.size < mostKnown) known.set(name, found);
  return found;
}

/** Whether a name holds one of the words, in any of the ways names are joined: `x-api-key`, `clientSecret`, `http.cookie`. */
function holdsSecretWord(name: string): boolean {
  const words = name
    .replace(/(?<=[a-z0-9])(?=[A-Z])/gu, '_')
    .toLowerCase()
    .split(/[^a-z0-9]+/u)
    .map((word) => word.replace(/s$/u, ''));
  return words.some((word, at) => secretWords.has(word) || secretWords.has(`${word}${words[at + 1] ?? ''}`));
}

/** What each of the patterns below begins with: most texts have nothing of it. */
const suspicious = /bearer|basic|:\/\/[^\s/@]*@|dm_|eyJ/iu;
const authorizationValue = /\b(?<scheme>bearer|basic)\s+[\w.~+/=-]{6,}/giu;
const urlCredentials = /(?<=:\/\/)[^\s/@]+@/gu;
const ownKey = /\bdm_(?<type>[a-z]+)_[0-9A-Za-z]{30,}/gu;
const jsonWebToken = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gu;

/** Free text (messages, stacks) without secrets: those that this process handled, and what looks like one. */
export function redactText(text: string): string {
  const without = redactSecrets(text);
  if (!suspicious.test(without)) return without;
  return without
    .replace(authorizationValue, `$<scheme> ${redacted}`)
    .replace(urlCredentials, `${redacted}@`)
    .replace(ownKey, `dm_$<type>_${redacted}`)
    .replace(jsonWebToken, redacted);
}
