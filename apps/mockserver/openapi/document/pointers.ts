import { isRecord, member, type Loose } from './loose.ts';

/** Follows the references of one document; they never lead out of it. */
export interface Pointers {
  /** The last target of a chain of references; undefined where it leads to nothing, outside, or in a circle. */
  target(reference: string): { readonly pointer: string; readonly value: unknown } | undefined;
  /** The object itself, or the one that its `$ref` leads to. */
  record(value: unknown): Loose | undefined;
}

const longestChain = 40;

/** The references of a document. */
export function createPointers(root: Loose): Pointers {
  const target: Pointers['target'] = (reference) => {
    let pointer = reference;
    for (let links = 0; links < longestChain; links += 1) {
      const value = at(root, pointer);
      if (value === undefined) return undefined;
      const next = isRecord(value) ? member(value, '$ref') : undefined;
      if (typeof next !== 'string') return { pointer, value };
      pointer = next;
    }
    return undefined;
  };
  return {
    target,
    record: (value) => {
      if (!isRecord(value)) return undefined;
      const reference = member(value, '$ref');
      if (typeof reference !== 'string') return value;
      const found = target(reference)?.value;
      return isRecord(found) ? found : undefined;
    },
  };
}

function at(root: Loose, pointer: string): unknown {
  if (pointer === '#') return root;
  if (!pointer.startsWith('#/')) return undefined;
  let value: unknown = root;
  for (const token of pointer.slice(2).split('/')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = member(value as Loose, unescaped(token));
  }
  return value;
}

function unescaped(token: string): string {
  let text = token;
  try {
    text = decodeURIComponent(token);
  } catch {
    // Names may hold a percent sign that encodes nothing.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
