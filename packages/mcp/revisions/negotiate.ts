import { rev20250326 } from './rev-2025-03-26.ts';
import { rev20250618 } from './rev-2025-06-18.ts';
import { rev20251125 } from './rev-2025-11-25.ts';
import type { Revision } from './revision.ts';

const latest = rev20251125;
const revisions = new Map([latest, rev20250618, rev20250326].map((revision) => [revision.version, revision]));

/** The versions a client may name, newest first. */
export const supportedVersions: readonly string[] = [...revisions.keys()];

/** The revision to speak with a client that asks for `version`: that one where it is known, else the latest. */
export function negotiate(version: string): Revision {
  return revisions.get(version) ?? latest;
}

/** Whether `version` is spoken here. */
export function isSupported(version: string): boolean {
  return revisions.has(version);
}
