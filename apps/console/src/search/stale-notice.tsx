import type { operations, ResponseOf } from '@devmesh/api';
import { useRepositories } from './repository-queries.ts';
import { ReindexButton } from './reindex-button.tsx';

type Stale = ResponseOf<typeof operations.knowledge.search>['stale'];

/** Says which repositories have newer commits than the index that was searched. */
export function StaleNotice({ stale }: { readonly stale: Stale }) {
  const { data } = useRepositories();
  if (stale.length === 0) return null;
  const nameOf = (id: string): string => data?.items.find((repository) => repository.id === id)?.name ?? id;
  return (
    <div className="notice notice--warn" data-outcome="stale">
      <p>
        <strong>The index is older than the code.</strong> The answer may miss the newest commits.
      </p>
      <ul>
        {stale.map(({ repositoryId, indexed, head }) => (
          <li key={repositoryId}>
            {nameOf(repositoryId)}: indexed <code>{indexed.slice(0, 7)}</code>, head is <code>{head.slice(0, 7)}</code>{' '}
            <ReindexButton repositoryId={repositoryId} />
          </li>
        ))}
      </ul>
    </div>
  );
}
