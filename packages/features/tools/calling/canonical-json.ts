import { hash } from 'node:crypto';
import { canonicalJson } from '@devmesh/foundation';

/** The SHA-256 of a value's canonical JSON, as the audit trail holds it in place of the value. */
export function digestOf(value: unknown): string {
  return `sha256:${hash('sha256', canonicalJson(value), 'hex')}`;
}
