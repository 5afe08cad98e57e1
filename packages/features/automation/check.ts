import { MeshError, type Issue } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { faultsOf } from './condition.ts';
import { sourceExists, type RuleValues } from './store.ts';

/** Most rules of an organization. */
export const mostRules = 200;

/** Throws `invalid_request` with the place of each fault, or `not_found` for a source that is not there. */
export async function checkRule(tx: Tx, rule: RuleValues, place = 'body'): Promise<void> {
  const issues = [...faultsOf(rule.condition), ...faultsOfEvents(rule.events), ...faultsOfAction(rule)];
  if (issues.length > 0) {
    const [first] = issues;
    throw new MeshError('invalid_request', `The rule cannot be used: ${first?.path ?? ''}: ${first?.message ?? ''}.`, {
      issues: issues.map(({ path, message }) => ({ path: `${place}.${path}`, message })),
    });
  }
  if (rule.sourceId !== null && !(await sourceExists(tx, rule.sourceId))) {
    throw new MeshError('not_found', `There is no webhook source ${rule.sourceId}.`);
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
