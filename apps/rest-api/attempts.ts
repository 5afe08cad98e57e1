import type { Operation } from '@devmesh/api';
import { actorOf, type Audit, type Principal } from '@devmesh/features';
import type { MeshError } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { ParsedRequest } from './validation.ts';

interface AttemptOptions {
  readonly database: Database;
  readonly audit: Audit;
}

interface Attempt {
  readonly operation: Operation;
  readonly principal: Principal;
  readonly parsed: Pick<ParsedRequest, 'params' | 'query' | 'body'>;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;
const subjectLength = 100;
/** Bodies are read as deep and as far as ids stand in them; what lies below is no id that an operation looks up. */
const deepest = 4;
const most = 3;

/**
 * Puts on record that a principal asked by id for what its organization does not have. Nobody looks whether another one
 * has it, so an id of somebody else and one of nobody leave the same entry, the same answer, and cost the same.
 */
export async function recordAttempt(options: AttemptOptions, error: MeshError, attempt: Attempt): Promise<void> {
  const { operation, principal, parsed } = attempt;
  const subject = subjectOf(parsed);
  if (error.code !== 'not_found' || subject === undefined) return;
  await options.database.tenant(principal.tenantId, (tx) =>
    options.audit.record(tx, {
      actor: actorOf(principal),
      action: operation.id,
      subject,
      outcome: 'denied',
      rule: 'not_in_organization',
    }),
  );
}

/** The ids that a request was given, as it gave them; undefined where it has none. */
function subjectOf({ params, query, body }: Attempt['parsed']): string | undefined {
  const named = Object.values(params ?? {}).filter((value) => typeof value === 'string');
  const ids = [...named, ...uuidsIn(query), ...uuidsIn(body)].slice(0, most);
  return ids.length === 0 ? undefined : ids.join(', ').slice(0, subjectLength);
}

function uuidsIn(value: unknown, depth = 0): readonly string[] {
  if (typeof value === 'string') return uuid.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null || depth === deepest) return [];
  const found: string[] = [];
  for (const part of Object.values(value)) {
    if (found.length >= most) break;
    found.push(...uuidsIn(part, depth + 1));
  }
  return found;
}
