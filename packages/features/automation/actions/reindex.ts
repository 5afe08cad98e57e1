import { MeshError } from '@devmesh/foundation';
import type { Knowledge } from '../../knowledge/index.ts';
import { fill } from '../template.ts';
import { defineAction, type Effect, type Prepared, type RuleAction } from './action.ts';

const longestName = 300;

/** Has a repository indexed again; one that is named by the event and not indexed here is passed over. */
export function reindexAction({
  knowledge,
}: {
  readonly knowledge: Pick<Knowledge, 'reindexIn' | 'ring'>;
}): RuleAction {
  return defineAction({
    type: 'reindex',
    prepare: ({ repositoryId, repository }, { payload }): Prepared<Wanted> => {
      if (repositoryId !== undefined)
        return { summary: `Repository ${repositoryId} is indexed again`, request: { repositoryId } };
      if (repository === undefined) throw new MeshError('invalid_request', 'The rule names no repository.');
      const text = fill(repository, payload, longestName);
      return { summary: `The repository of "${text}" is indexed again`, request: { names: namesOf(text) } };
    },
    run: async (tx, { tenantId, actor }, requests) => {
      const done = new Map<string, Effect>();
      // In one order everywhere, so that transactions do not wait for each other in a circle.
      for (const key of [...new Set(requests.map(keyOf))].toSorted()) {
        const request = requests.find((one) => keyOf(one) === key);
        if (request === undefined) continue;
        const row = await knowledge.reindexIn(tx, { actor, ...request });
        done.set(
          key,
          row === undefined
            ? { summary: 'No such repository is indexed here' }
            : {
                subjectId: row.id,
                summary: `Repository ${row.name} is indexed again`,
                ring: () => knowledge.ring(tenantId, row.id),
              },
        );
      }
      return requests.map((request) => done.get(keyOf(request)) ?? { summary: 'No such repository is indexed here' });
    },
  });
}

interface Wanted {
  readonly repositoryId?: string;
  /** Names that it may have here, the best first. */
  readonly names?: readonly string[];
}

function keyOf({ repositoryId, names }: Wanted): string {
  return repositoryId ?? (names ?? []).join(' ');
}

/** What a repository may be called here, by its name (`acme/shop`) or clone URL: as it stands, `acme/shop`, `shop`. */
export function namesOf(text: string): readonly string[] {
  const path = text
    .replace(/^[a-z+]+:\/\/[^/]+\//iu, '')
    .replace(/^[\w.-]+@[\w.-]+:/u, '')
    .replace(/\.git$/u, '')
    .replace(/\/$/u, '');
  return [...new Set([text, path, path.split('/').at(-1) ?? path])].filter((name) => name !== '');
}
