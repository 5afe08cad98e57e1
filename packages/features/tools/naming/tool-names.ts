import { createHash } from 'node:crypto';
import { wordsOfOperation } from './operation-words.ts';

/** What a name is made of. */
export interface Named {
  readonly operationId: string | undefined;
  readonly method: string;
  readonly path: string;
}

const longest = 64;
const hashLength = 8;

/**
 * One name per operation: `<service>_<operationId>`, or words of method and path where there is no id. Each matches
 * [a-zA-Z0-9_-]{1,64} and depends on its operation alone, wherever it stands in the document. Of several that would be
 * alike one keeps the plain name, always the same whatever their order, and the others get a hash of what they do.
 */
export function nameTools(service: string, operations: readonly Named[], taken: ReadonlySet<string>): string[] {
  const wishes = operations.map((operation, index) => ({ index, operation, ...wishOf(service, operation) }));
  const names = new Map<number, string>();
  const used = new Set(taken);
  for (const { index, operation, plain } of wishes.toSorted(byPrecedence)) {
    const identity = `${service} ${operation.method} ${operation.path}`;
    let name = plain;
    for (let attempt = 0; used.has(name); attempt += 1) {
      name = withHash(plain, attempt === 0 ? identity : `${identity} ${String(attempt)}`);
    }
    used.add(name);
    names.set(index, name);
  }
  return operations.map((_operation, index) => names.get(index) ?? '');
}

interface Wish {
  readonly operation: Named;
  readonly plain: string;
  /** Whether the plain name is what the author wrote, unchanged. */
  readonly verbatim: boolean;
}

function wishOf(service: string, operation: Named): Pick<Wish, 'plain' | 'verbatim'> {
  const words = wordsOfOperation(operation);
  const plain = fit(`${service}_`, words);
  return { plain, verbatim: plain === `${service}_${operation.operationId ?? ''}` };
}

/** What an author wrote precedes what we made of something, then the shorter path, then the order of the alphabet. */
function byPrecedence(one: Wish, other: Wish): number {
  if (one.verbatim !== other.verbatim) return one.verbatim ? -1 : 1;
  const [a, b] = [one.operation, other.operation];
  if (a.path.length !== b.path.length) return a.path.length - b.path.length;
  return compare(a.path, b.path) || compare(a.method, b.method);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** What stands at the end of a long name tells most; the hash makes up for what goes. */
function fit(prefix: string, words: string): string {
  const name = `${prefix}${words}`;
  return name.length <= longest ? name : withHash(name, name);
}

function withHash(name: string, identity: string): string {
  const hash = createHash('sha256').update(identity, 'utf8').digest('hex').slice(0, hashLength);
  const kept = name.slice(0, longest - hashLength - 1);
  // Half a word tells nothing; a name that is one word has nowhere else to end.
  const end = name.length > kept.length ? kept.lastIndexOf('_') : -1;
  return `${end > longest / 2 ? kept.slice(0, end) : kept.replace(/_+$/u, '')}_${hash}`;
}
