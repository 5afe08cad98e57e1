import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { FailureNotice } from './failure-notice.tsx';

interface QueryStatesProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** What is being loaded, for the waiting line. */
  readonly what: string;
  readonly isEmpty?: (data: Data) => boolean;
  /** Teaches what to do next where there is nothing yet. */
  readonly empty?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** Loading, failed, empty and filled are four different faces; old data stays visible when a refresh fails. */
export function QueryStates<Data>({ query, what, isEmpty, empty, children }: QueryStatesProps<Data>) {
  const again = () => {
    void query.refetch();
  };
  if (query.data === undefined) {
    if (query.error !== null) return <FailureNotice error={query.error} onRetry={again} />;
    return (
      <p className="loading" role="status">
        Loading {what} …
      </p>
    );
  }
  return (
    <>
      {query.error !== null && <FailureNotice error={query.error} onRetry={again} />}
      {isEmpty?.(query.data) === true ? <div className="empty">{empty}</div> : children(query.data)}
    </>
  );
}
