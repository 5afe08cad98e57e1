import { MeshError } from '@devmesh/foundation';
import type { Verification } from './kind.ts';

/** Throws `bad_signature` unless the text is Unix seconds within the replay window, past and future alike. */
export function requireRecent(text: string, { now, toleranceSeconds }: Pick<Verification, 'now' | 'toleranceSeconds'>) {
  const seconds = /^[0-9]{1,11}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(now / 1000 - seconds) <= toleranceSeconds)) {
    throw new MeshError('bad_signature', `The signed timestamp is not within ${String(toleranceSeconds)} s of now.`);
  }
}
