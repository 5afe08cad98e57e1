import { Ago } from '../layout/ago.tsx';
import { Badge, type Tone } from '../layout/badge.tsx';
import { Bar } from '../layout/bar.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { ReindexButton } from './reindex-button.tsx';
import { useRepositories, type Repository } from './repository-queries.ts';

const tones: Readonly<Record<Repository['status'], Tone>> = {
  queued: 'warn',
  indexing: 'busy',
  ready: 'good',
  failed: 'bad',
};

/** The repositories with the progress of their index. */
export function RepositoryList() {
  const query = useRepositories();
  return (
    <QueryStates
      query={query}
      what="the repositories"
      isEmpty={({ items }) => items.length === 0}
      empty={<NoRepositories />}
    >
      {({ items }) => (
        <ul className="rows" aria-label="Repositories">
          {items.map((repository) => (
            <RepositoryRow key={repository.id} repository={repository} />
          ))}
        </ul>
      )}
    </QueryStates>
  );
}

function NoRepositories() {
  return (
    <p>
      No repository is indexed. Name the folder of a local git repository below; its tracked files become searchable.
    </p>
  );
}

function RepositoryRow({ repository }: { readonly repository: Repository }) {
  const { id, name, path, status, error, commit, branch, indexedAt } = repository;
  return (
    <li className="row">
      <div className="row__main">
        <strong>{name}</strong> <Badge tone={tones[status]}>{status}</Badge>{' '}
        {commit !== undefined && (
          <span className="hint">
            {branch} <code title={commit}>@{commit.slice(0, 7)}</code>
            {indexedAt !== undefined && (
              <>
                {' '}
                indexed <Ago at={indexedAt} />
              </>
            )}
          </span>
        )}
        <p className="hint">{path}</p>
        {error !== undefined && <p className="field__issue">{error}</p>}
      </div>
      <div className="row__side">
        <Progress repository={repository} />
        <ReindexButton repositoryId={id} />
      </div>
    </li>
  );
}

function Progress({
  repository: { name, status, progress, fileCount, chunkCount },
}: {
  readonly repository: Repository;
}) {
  if (status === 'ready' || status === 'failed') {
    return (
      <span className="figure">
        {fileCount} files, {chunkCount} chunks
      </span>
    );
  }
  return (
    <Bar label={`Index of ${name}`} value={progress} maximum={1} text={`${String(Math.floor(progress * 100))} %`} />
  );
}
