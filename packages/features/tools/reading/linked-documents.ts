import { isObject, type Loose } from './json-value.ts';
import { parseValue } from './parse-text.ts';
import type { LinkedDocuments, Unavailable } from './references.ts';

/** The bytes of a document, or why they are not there. */
export type LoadedDocument =
  | { readonly address: string; readonly bytes: Uint8Array }
  | (Unavailable & { readonly address: string });

/** Loads documents that references lead to; what is not loaded comes back with the reason. */
export type LoadDocuments = (addresses: readonly string[]) => Promise<readonly LoadedDocument[]>;

interface Linking {
  /** Where the document came from. */
  readonly documentUrl: string;
  readonly load: LoadDocuments;
}

const mostDocuments = 500;

/**
 * Loads the documents that a document refers to, and those that they refer to, each once. References are made absolute
 * in place, so that each means the same wherever it is met.
 */
export async function linkDocuments(document: Loose, { documentUrl, load }: Linking): Promise<LinkedDocuments> {
  const linked = new Map<string, { readonly document: unknown } | Unavailable>();
  const root = withoutFragment(documentUrl);
  let wanted = absoluteReferences(document, root, root);
  while (wanted.size > 0) {
    const known = linked.size;
    const addresses = [...wanted].filter((address) => !linked.has(address));
    for (const address of addresses.slice(Math.max(0, mostDocuments - known))) linked.set(address, tooMany);
    wanted = new Set();
    for (const loaded of await load(addresses.slice(0, Math.max(0, mostDocuments - known)))) {
      const parsed = parsedOf(loaded);
      linked.set(loaded.address, parsed);
      if (!('document' in parsed)) continue;
      for (const address of absoluteReferences(parsed.document, loaded.address, root)) wanted.add(address);
    }
    for (const address of linked.keys()) wanted.delete(address);
  }
  return linked;
}

const tooMany: Unavailable = {
  unavailable: `leads to one document more than the ${String(mostDocuments)} that are read`,
};

function parsedOf(loaded: LoadedDocument): { readonly document: unknown } | Unavailable {
  if ('unavailable' in loaded) return loaded;
  try {
    return { document: parseValue(new TextDecoder().decode(loaded.bytes)) };
  } catch {
    return { unavailable: 'leads to a document that is neither JSON nor YAML' };
  }
}

function withoutFragment(url: string): string {
  return url.split('#', 1)[0] ?? '';
}

/** Keywords whose values are data, in which `$ref` is a word like any other. */
const data: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum', 'const']);
/** Keywords whose values are maps by names that authors choose. */
const maps: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'schemas',
  'parameters',
  'responses',
  'headers',
  'requestBodies',
]);

/** Makes the references of a document absolute; those that stay in `root` begin with `#`. Tells the other addresses. */
function absoluteReferences(document: unknown, address: string, root: string): Set<string> {
  const addresses = new Set<string>();
  const seen = new Set<object>();
  const visit = (value: unknown, named: boolean): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const found = value as Record<string, unknown>;
    if (typeof found['$ref'] === 'string') {
      found['$ref'] = absoluteReference(found['$ref'], address, root);
      const target = withoutFragment(found['$ref'] as string);
      if (URL.canParse(target)) addresses.add(target);
    }
    for (const [key, part] of Object.entries(found)) {
      if (named || !data.has(key)) visit(part, !named && maps.has(key) && isObject(part));
    }
  };
  visit(document, false);
  return addresses;
}

function absoluteReference(reference: string, address: string, root: string): string {
  if (reference.startsWith('#')) return address === root ? reference : `${address}${reference}`;
  if (!URL.canParse(reference, address)) return reference;
  const { href } = new URL(reference, address);
  const [target = '', fragment = ''] = href.split('#', 2);
  if (!/^(?:https?|upload):/u.test(target)) return reference;
  // Fragments keep the author's spelling, which pointers are compared by.
  const spelled = reference.split('#', 2)[1] ?? fragment;
  return target === root ? `#${spelled}` : `${target}#${spelled}`;
}
