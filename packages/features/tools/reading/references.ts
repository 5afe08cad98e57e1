import { isObject, type Loose } from './json-value.ts';

/** What a reference leads to. */
type Resolved =
  | { readonly found: true; readonly value: unknown; readonly pointer: string }
  | { readonly found: false; readonly reason: string };

/** Follows references within one document; what lies outside of it is never read. */
export interface References {
  /** Follows one `$ref`, and references that it leads to, up to the first value that is none. */
  resolve(reference: string): Resolved;
  /** The object itself, or what its `$ref` leads to; undefined where that is missing or no object. */
  object(value: unknown): Loose | undefined;
}

const maximumHops = 50;

/** References of a parsed document. */
export function createReferences(document: Loose): References {
  const resolve = (reference: string): Resolved => {
    let next = reference;
    for (let hop = 0; hop < maximumHops; hop += 1) {
      if (!next.startsWith('#')) return missing(`the reference ${shown(next)} leads outside of the document`);
      const value = follow(document, next);
      if (value === undefined) return missing(`the reference ${shown(next)} leads to nothing`);
      if (!isObject(value) || typeof value['$ref'] !== 'string') return { found: true, value, pointer: next };
      next = value['$ref'];
    }
    return missing(`the reference ${shown(reference)} leads in a circle`);
  };
  return {
    resolve,
    object: (value) => {
      if (!isObject(value)) return undefined;
      if (typeof value['$ref'] !== 'string') return value;
      const target = resolve(value['$ref']);
      return target.found && isObject(target.value) ? target.value : undefined;
    },
  };
}

function missing(reason: string): Resolved {
  return { found: false, reason };
}

function shown(reference: string): string {
  return `"${reference.slice(0, 120)}"`;
}

/** JSON Pointer in a URI fragment (RFC 6901, section 6). */
function follow(document: Loose, reference: string): unknown {
  let current: unknown = document;
  for (const part of reference.slice(1).split('/').slice(1)) {
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
