import { rev20241105 } from './rev-2024-11-05.ts';
import { rev20250326 } from './rev-2025-03-26.ts';
import { rev20250618 } from './rev-2025-06-18.ts';
import { rev20251125 } from './rev-2025-11-25.ts';
import { rev20260728 } from './rev-2026-07-28.ts';
import type { Revision } from './revision.ts';

const latest = rev20251125;
const revisions = new Map(
  [latest, rev20250618, rev20250326, rev20241105].map((revision) => [revision.version, revision]),
);

/** The versions a client may name, newest first; the first has no sessions, the others begin with `initialize`. */
export const supportedVersions: readonly string[] = [rev20260728.version, ...revisions.keys()];

/** The revision of a session whose client asks for `version`: that one where it is known, else the latest with sessions. */
export function negotiate(version: string): Revision {
  return revisions.get(version) ?? latest;
}

/** Whether sessions are held in `version` here. */
export function isSupported(version: string): boolean {
  return revisions.has(version);
}
