import { problem } from '../problem.ts';
import { createMock, type Mock, type MockOptions } from './mock.ts';

/** A mock under its name, with the document that it was made from. */
export interface NamedMock {
  readonly name: string;
  readonly document: string;
  readonly mock: Mock;
}

/** The services that are imitated from documents. */
export interface Mocks {
  /** Takes a document under a name, which replaces what had the name; throws a 400 where it is none. */
  add(name: string, document: string, options?: MockOptions): NamedMock;
  get(name: string): NamedMock | undefined;
  /** By name. */
  list(): readonly NamedMock[];
  /** Whether there was one. */
  remove(name: string): boolean;
}

const mostMocks = 200;
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/u;

/** The names that paths of the mock server need themselves. */
const reserved = new Set(['openapi']);

/** No mocks yet. */
export function createMocks(): Mocks {
  const mocks = new Map<string, NamedMock>();
  return {
    add: (name, document, options) => {
      if (!namePattern.test(name) || reserved.has(name)) {
        throw problem(400, 'Name the mock with 1 to 64 of a-z, 0-9, `.`, `_` and `-`, but not `openapi`.');
      }
      if (mocks.size >= mostMocks && !mocks.has(name)) {
        throw problem(409, `There are ${String(mostMocks)} mocks already; delete one first.`);
      }
      const named = { name, document, mock: createMock(document, options) };
      mocks.set(name, named);
      return named;
    },
    get: (name) => mocks.get(name),
    list: () => [...mocks.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    remove: (name) => mocks.delete(name),
  };
}
