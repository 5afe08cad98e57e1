const redacted = '[redacted]';

/** Shorter ones would be found by accident in ordinary text. */
const shortest = 12;
const longEnoughAlone = 20;
const longest = 8_192;
const most = 4_096;
const prefixLength = 8;

/** The texts of the secrets that this process handled lately, by their beginnings. Oldest first. */
const known = new Map<string, string>();
const byPrefix = new Map<string, Set<string>>();

/**
 * Remembers the text of a secret, so that it is recognized wherever it should not be. The last 4,096 are: beyond, the
 * oldest are forgotten. Not remembered is what ordinary text may hold: short ones, plain words and UUIDs; nor whole JSON
 * objects, which are sealed for their parts.
 */
export function rememberSecret(text: string): void {
  for (const form of formsOf(text)) {
    if (known.delete(form)) {
      known.set(form, form);
      continue;
    }
    known.set(form, form);
    const prefix = form.slice(0, prefixLength);
    const alike = byPrefix.get(prefix);
    if (alike === undefined) byPrefix.set(prefix, new Set([form]));
    else alike.add(form);
  }
  for (const oldest of known.keys()) {
    if (known.size <= most) return;
    forget(oldest);
  }
}

/** The text with every remembered secret replaced; costs a look-up for each of its characters. */
export function redactSecrets(text: string): string {
  if (known.size === 0 || text.length < shortest) return text;
  let out = '';
  let copied = 0;
  for (let at = 0; at + shortest <= text.length; at += 1) {
    const found = longestAt(text, at);
    if (found === 0) continue;
    out += text.slice(copied, at) + redacted;
    copied = at + found;
    at = copied - 1;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

function longestAt(text: string, at: number): number {
  let found = 0;
  for (const secret of byPrefix.get(text.slice(at, at + prefixLength)) ?? []) {
    if (secret.length > found && text.startsWith(secret, at)) found = secret.length;
  }
  return found;
}

function forget(secret: string): void {
  known.delete(secret);
  const prefix = secret.slice(0, prefixLength);
  const alike = byPrefix.get(prefix);
  alike?.delete(secret);
  if (alike?.size === 0) byPrefix.delete(prefix);
}

/** A secret as it stands in plain text, in a URL and in JSON; of one in several lines, each line. */
function formsOf(text: string): ReadonlySet<string> {
  if (text.length > longest || text.startsWith('{')) return new Set();
  const lines = text.split(/\r?\n/u).filter((line) => !line.startsWith('-----'));
  const plain = lines.length > 1 ? lines : [text];
  return new Set(plain.flatMap((one) => [one, inUrl(one), JSON.stringify(one).slice(1, -1)]).filter(isTelling));
}

const halfPair = /\p{Surrogate}/u;

/** Half of a surrogate pair has no form in a URL. */
function inUrl(text: string): string {
  return halfPair.test(text) ? text : encodeURIComponent(text);
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

function isTelling(text: string): boolean {
  if (text.length < shortest || uuid.test(text)) return false;
  return text.length >= longEnoughAlone || (/\d/u.test(text) && /\p{L}/u.test(text));
}
