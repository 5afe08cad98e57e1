import type { Loose } from './loose.ts';
import type { Operation } from './operation.ts';
import type { Pointers } from './pointers.ts';

/** An operation of the document, with what surrounds it. */
export interface Source {
  readonly root: Loose;
  readonly pointers: Pointers;
  readonly pathItem: Loose;
  readonly operation: Loose;
}

/** What a request consists of and what answers it, without regard to how the document's version says it. */
export type Parts = Pick<Operation, 'parameters' | 'body' | 'answers'>;

/** A reason why an operation cannot be served. */
export class Unservable extends Error {}
