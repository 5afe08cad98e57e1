import { isObject, type Loose } from './json-value.ts';

/** Finds schemas by the anchors that they carry (`$anchor` of JSON Schema, `$id: "#name"` of its drafts). */
export interface Anchors {
  find(document: unknown, anchor: string): Loose | undefined;
}

/** Looks a document through once, when it is first asked for. */
export function createAnchors(): Anchors {
  const known = new WeakMap<object, ReadonlyMap<string, Loose>>();
  return {
    find: (document, anchor) => {
      if (typeof document !== 'object' || document === null) return undefined;
      const anchors = known.get(document) ?? anchorsOf(document);
      known.set(document, anchors);
      return anchors.get(anchor);
    },
  };
}

function anchorsOf(document: object): ReadonlyMap<string, Loose> {
  const anchors = new Map<string, Loose>();
  const seen = new Set<object>([document]);
  // A set keeps the order of insertion and may grow while it is walked; a YAML alias may make a circle.
  for (const value of seen) {
    if (isObject(value)) {
      const name = nameOf(value);
      if (name !== undefined && !anchors.has(name)) anchors.set(name, value);
    }
    for (const part of Object.values(value) as unknown[]) {
      if (typeof part === 'object' && part !== null) seen.add(part);
    }
  }
  return anchors;
}

function nameOf(schema: Loose): string | undefined {
  const anchor = schema['$anchor'] ?? schema['$dynamicAnchor'];
  if (typeof anchor === 'string') return anchor;
  const id = schema['$id'] ?? schema['id'];
  return typeof id === 'string' && id.startsWith('#') ? id.slice(1) : undefined;
}
