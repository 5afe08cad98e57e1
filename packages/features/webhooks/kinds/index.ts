import { github } from './github.ts';
import type { Kind } from './kind.ts';

/** Every kind of sender that is understood, by the name sources carry. */
export const kinds = { github } as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;
