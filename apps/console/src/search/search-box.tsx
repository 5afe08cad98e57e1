import type { CallInput, operations } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { optionalTextOf, textOf } from '../layout/form-text.ts';
import { QueryStates } from '../layout/query-states.tsx';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import { useRepositories } from './repository-queries.ts';
import { SearchAnswer } from './search-answer.tsx';

type Question = CallInput<typeof operations.knowledge.search>['body'];

/** Asks a question about the code and shows the answer. */
export function SearchBox() {
  const [question, setQuestion] = useState<Question>();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const repositoryId = optionalTextOf(form, 'repository');
    const query = textOf(form, 'query');
    if (query !== '') setQuestion({ query, ...(repositoryId === undefined ? {} : { repositoryId }) });
  };
  return (
    <>
      <form className="search" role="search" onSubmit={submit}>
        <input
          name="query"
          type="search"
          aria-label="Question about the code"
          placeholder="Where is the lease of a task renewed?"
          required
          maxLength={2000}
        />
        <RepositoryChoice />
        <button className="button button--primary" type="submit">
          Search
        </button>
      </form>
      {question !== undefined && <Answer question={question} />}
    </>
  );
}

function RepositoryChoice() {
  const { data } = useRepositories();
  if (data === undefined || data.items.length < 2) return null;
  return (
    <select name="repository" aria-label="In repository">
      <option value="">All repositories</option>
      {data.items.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Answer({ question }: { readonly question: Question }) {
  const { client } = useSession();
  const query = useQuery({
    queryKey: [...queryKeys.search, question],
    queryFn: ({ signal }) => client.knowledge.search({ body: question }, { signal }),
  });
  return (
    <div className="search__answer" aria-live="polite">
      <QueryStates query={query} what="the answer">
        {(answer) => <SearchAnswer answer={answer} query={question.query} />}
      </QueryStates>
    </div>
  );
}
