import { MeshError } from '@devmesh/foundation';
import { github } from './github.ts';
import type { Kind, KindSettings } from './kind.ts';

export type { KindSettings } from './kind.ts';

/** Every kind of sender that is understood, by the name sources carry. */
export const kinds = { github } as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** The names of all kinds, in the order people read them. */
export const kindNames = Object.keys(kinds) as readonly KindName[];

/** Throws `invalid_request` for settings that a source of this kind cannot have. */
export function checkSettings(name: KindName, settings: KindSettings): void {
  const kind: Kind = kinds[name];
  if (kind.checkSettings !== undefined) kind.checkSettings(settings);
  else if (Object.values(settings).some((value) => value !== undefined)) {
    throw new MeshError('invalid_request', `A source of the kind ${name} takes no settings.`);
  }
}
