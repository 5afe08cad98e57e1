import { MeshError } from '@devmesh/foundation';
import { uuidPosition } from '../paging.ts';

/** What an organization can limit. */
export type LimitScope = 'tenant' | 'agent' | 'capability' | 'tool';

/** What one limit is about; `*` stands for each one by itself. */
export interface LimitSubject {
  readonly scope: LimitScope;
  readonly subject: string;
}

/** A limit that an organization set: `limit` at once, refilled evenly over the window. */
export interface LimitDefinition extends LimitSubject {
  readonly limit: number;
  readonly windowSeconds: number;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** Stands for each one by itself. */
export const each = '*';

const subjects: Readonly<Record<LimitScope, { readonly pattern: RegExp; readonly is: string }>> = {
  tenant: { pattern: /^\*$/u, is: '*' },
  agent: { pattern: uuidPosition, is: 'the id of an agent, or *' },
  capability: { pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/u, is: 'the name of a capability, or *' },
  tool: { pattern: /^[a-zA-Z0-9_-]{1,64}$/u, is: 'the name of a tool as `tools catalogue` lists it, or *' },
};

/** Throws `invalid_request` for a subject that its scope cannot have. */
export function checkSubject({ scope, subject }: LimitSubject): void {
  const { pattern, is } = subjects[scope];
  if (subject === each || pattern.test(subject)) return;
  throw new MeshError('invalid_request', `The subject of a limit with the scope ${scope} is ${is}.`, {
    issues: [{ path: 'params.subject', message: `must be ${is}` }],
  });
}

/** The limit that holds for a subject: its own, or else that of each one. */
export function limitFor(
  definitions: readonly LimitDefinition[],
  { scope, subject }: LimitSubject,
): LimitDefinition | undefined {
  const named = (name: string): LimitDefinition | undefined =>
    definitions.find((definition) => definition.scope === scope && definition.subject === name);
  return named(subject) ?? named(each);
}
