import { createHash } from 'node:crypto';
import { canonicalJson } from '@devmesh/foundation';

/** The SHA-256 of a value's canonical JSON, as the audit trail holds it in place of the value. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex')}`;
}
