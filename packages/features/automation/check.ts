import { MeshError, type Issue } from '@devmesh/foundation';
import { faultsOf } from './condition.ts';
import type { RuleValues } from './store.ts';

/** Most rules of an organization. */
export const mostRules = 200;

/** Throws `invalid_request` with the place of each fault. */
export function checkRule(rule: RuleValues, place = 'body'): void {
  const issues = [...faultsOf(rule.condition), ...faultsOfEvents(rule.events), ...faultsOfAction(rule)];
  if (issues.length > 0) {
    const [first] = issues;
    throw new MeshError('invalid_request', `The rule cannot be used: ${first?.path ?? ''}: ${first?.message ?? ''}.`, {
      issues: issues.map(({ path, message }) => ({ path: `${place}.${path}`, message })),
    });
  }
}

function faultsOfEvents(events: readonly string[]): readonly Issue[] {
  return events.flatMap((pattern, index) =>
    pattern.slice(0, -1).includes('*')
      ? [{ path: `events.${String(index)}`, message: 'a `*` stands at the end only' }]
      : [],
  );
}

function faultsOfAction({ action }: RuleValues): readonly Issue[] {
  if (action.type !== 'reindex') return [];
  const one = (action.repositoryId === undefined) !== (action.repository === undefined);
  return one ? [] : [{ path: 'action', message: 'give either `repositoryId` or `repository`' }];
}
