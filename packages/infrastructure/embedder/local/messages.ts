import type { ErrorCode } from '@devmesh/foundation';

/** What the thread of the local embedder is started with. */
export interface MiniLmStart {
  readonly maximumTokens: number;
}

/** What it is asked: a few texts at once, or to end when it has answered what came before. */
export type MiniLmRequest =
  | { readonly kind: 'embed'; readonly id: number; readonly texts: readonly string[] }
  | { readonly kind: 'close' };

/** What it answers. The vectors lie one behind the other. */
export type MiniLmAnswer =
  | { readonly id: number; readonly vectors: Float32Array<ArrayBuffer> }
  | { readonly id: number; readonly failure: { readonly code: ErrorCode; readonly message: string } };
