import type { CuratedOperation, Pack } from './pack.ts';

/** An operation of a document. */
interface DocumentOperation {
  readonly key: string;
  readonly method: string;
  readonly path: string;
}

/** A curated operation with the key of what it is in the document; undefined where the document does not have it. */
export interface MatchedOperation {
  readonly operation: CuratedOperation;
  readonly key: string | undefined;
}

/** Finds the curated operations of a pack in a document, however it names parameters and whether its paths have the prefixes. */
export function matchOperations(pack: Pack, document: readonly DocumentOperation[]): readonly MatchedOperation[] {
  const prefixes = pack.prefixes ?? [];
  const byCall = new Map<string, string>();
  for (const { method, path, key } of document) {
    const call = normalized(`${method} ${path}`, prefixes);
    if (!byCall.has(call)) byCall.set(call, key);
  }
  return pack.operations.map((operation) => {
    const calls = [operation.call, ...(operation.orCalls ?? [])];
    const key = calls.map((call) => byCall.get(normalized(call, prefixes))).find((found) => found !== undefined);
    return { operation, key };
  });
}

function normalized(call: string, prefixes: readonly string[]): string {
  const [method = '', path = ''] = call.split(/ (.*)/su, 2);
  const prefix = prefixes.find((candidate) => path.startsWith(`${candidate}/`));
  const rest = prefix === undefined ? path : path.slice(prefix.length);
  const plain = rest.replaceAll(/\{[^{}]*\}/gu, '{}').replace(/(?<=[^/])\/+$/u, '');
  return `${method.toUpperCase()} ${plain}`;
}
