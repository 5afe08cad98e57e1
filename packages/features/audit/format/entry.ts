import { createHash } from 'node:crypto';
import { canonicalJson } from '@devmesh/foundation';

/** A line of the trail as it is sealed and exported: every field that tells something, and nothing else. */
export interface Entry {
  readonly id: string;
  /** With microseconds, as the database keeps it: `2026-01-31T12:00:00.000000Z`. */
  readonly at: string;
  readonly actor: string;
  readonly userId: string | null;
  readonly agentId: string | null;
  readonly keyId: string | null;
  readonly action: string;
  readonly subject: string;
  readonly outcome: string;
  readonly rule: string | null;
  readonly detail: unknown;
  readonly traceId: string | null;
}

/** The names of the fields of an entry, sorted; an exported entry has exactly these. */
export const entryFields = [
  'action',
  'actor',
  'agentId',
  'at',
  'detail',
  'id',
  'keyId',
  'outcome',
  'rule',
  'subject',
  'traceId',
  'userId',
] as const satisfies readonly (keyof Entry)[];

/** The canonical text of an entry, as it is hashed and exported. */
export function entryText(entry: Entry): string {
  const { id, at, actor, userId, agentId, keyId, action, subject, outcome, rule, detail, traceId } = entry;
  const fields: Record<(typeof entryFields)[number], unknown> = {
    id,
    at,
    actor,
    userId,
    agentId,
    keyId,
    action,
    subject,
    outcome,
    rule,
    detail,
    traceId,
  };
  return canonicalJson(fields);
}

/** What an entry of a tenant is sealed as. */
export function entryHash(tenantId: string, text: string): Buffer {
  return createHash('sha256').update(`devmesh/audit/entry/1\n${tenantId}\n${text}`, 'utf8').digest();
}
