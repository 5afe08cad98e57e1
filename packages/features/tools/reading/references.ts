import { createAnchors } from './anchors.ts';
import { isObject, type Loose } from './json-value.ts';

/** What a reference leads to. */
type Resolved =
  | { readonly found: true; readonly value: unknown; readonly pointer: string }
  | { readonly found: false; readonly reason: string };

/** Follows references within a document and those that were loaded with it; nothing else is ever read. */
export interface References {
  /** Follows one `$ref`, and references that it leads to, up to the first value that is none. */
  resolve(reference: string): Resolved;
  /** The same for schemas, where a reference may stand beside other keywords: what it leads to then says more. */
  resolveSchema(reference: string): Resolved;
  /** The object itself, or what its `$ref` leads to; undefined where that is missing or no object. */
  object(value: unknown): Loose | undefined;
  /** Why `object` has nothing to say of a value. */
  problemOf(value: unknown): string;
  /** Whether what stands beside a `$ref` in a schema counts (OpenAPI 3.1 and later). */
  readonly besideCounts: boolean;
}

/** A document that a reference leads to and that was not loaded. */
export interface Unavailable {
  readonly unavailable: string;
}

/** Other documents by address, their references made absolute. */
export type LinkedDocuments = ReadonlyMap<string, { readonly document: unknown } | Unavailable>;

interface ReferencesOptions {
  readonly linked?: LinkedDocuments | undefined;
  readonly besideCounts?: boolean;
}

const maximumHops = 50;

/** References of a parsed document. */
export function createReferences(
  document: Loose,
  { linked, besideCounts = false }: ReferencesOptions = {},
): References {
  const anchors = createAnchors();
  const step = (reference: string): Resolved => {
    const [address = '', fragment = ''] = reference.split('#', 2);
    const root = address === '' ? { document } : linked?.get(address);
    if (root === undefined) return missing(`the reference ${shown(reference)} leads outside of the document`);
    if ('unavailable' in root) return missing(`the reference ${shown(reference)} ${root.unavailable}`);
    const byPointer = fragment === '' || fragment.startsWith('/');
    const value = byPointer ? follow(root.document, fragment) : anchors.find(root.document, decode(fragment));
    if (value === undefined) return missing(`the reference ${shown(reference)} leads to nothing`);
    return { found: true, value, pointer: `${address}#${fragment}` };
  };
  const walk = (reference: string, enough: (value: Loose) => boolean): Resolved => {
    let next = reference;
    for (let hop = 0; hop < maximumHops; hop += 1) {
      const found = step(next);
      if (!found.found || !isObject(found.value) || typeof found.value['$ref'] !== 'string') return found;
      if (enough(found.value)) return found;
      next = found.value['$ref'];
    }
    return missing(`the reference ${shown(reference)} leads in a circle`);
  };
  const resolve = (reference: string): Resolved => walk(reference, () => false);
  return {
    resolve,
    resolveSchema: (reference) => walk(reference, besideCounts ? saysMore : () => false),
    object: (value) => {
      if (!isObject(value)) return undefined;
      if (typeof value['$ref'] !== 'string') return value;
      const target = resolve(value['$ref']);
      return target.found && isObject(target.value) ? target.value : undefined;
    },
    problemOf: (value) => {
      if (!isObject(value) || typeof value['$ref'] !== 'string') return 'it is no object';
      const target = resolve(value['$ref']);
      return target.found ? 'it is no object' : target.reason;
    },
    besideCounts,
  };
}

const silent: ReadonlySet<string> = new Set(['$ref', 'summary', 'description', 'title', '$comment', 'deprecated']);

/** Whether something beside a `$ref` judges values. */
export function saysMore(schema: Loose): boolean {
  return Object.keys(schema).some((keyword) => !silent.has(keyword) && !keyword.startsWith('x-'));
}

function missing(reason: string): Resolved {
  return { found: false, reason };
}

function shown(reference: string): string {
  return `"${reference.slice(0, 120)}"`;
}

/** JSON Pointer in a URI fragment (RFC 6901, section 6). */
function follow(document: unknown, fragment: string): unknown {
  let current: unknown = document;
  for (const part of fragment.split('/').slice(1)) {
    if (typeof current !== 'object' || current === null) return undefined;
    const key = decode(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (!Object.hasOwn(current, key)) return undefined;
    current = (current as Loose)[key];
  }
  return current;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray percent sign stands for itself.
    return part;
  }
}
