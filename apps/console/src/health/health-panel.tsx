import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useFeed } from '../events/feed-context.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Panel } from '../layout/panel.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import './health.css';

/** Health has no events of its own, so it is asked again and again. */
const refreshMilliseconds = 15_000;

/** Which services and engines work, and why one does not. */
export function HealthPanel() {
  return (
    <Panel id="health" title="What runs" about="Services and engines, asked every 15 seconds.">
      <Components />
    </Panel>
  );
}

function Components() {
  const { client } = useSession();
  const query = useQuery({
    queryKey: queryKeys.health,
    queryFn: ({ signal }) => client.system.health({}, { signal }),
    retry: false,
    refetchInterval: refreshMilliseconds,
  });
  const { connection } = useFeed();
  const { refetch } = query;
  useEffect(() => {
    if (connection === 'waiting') void refetch();
  }, [connection, refetch]);
  // What ran before says nothing about a platform that no longer answers.
  if (query.error !== null) return <FailureNotice error={query.error} onRetry={() => void refetch()} />;
  return (
    <QueryStates query={query} what="the state of the services">
      {({ components, status, version }) => (
        <>
          <ul className="health" aria-label={status === 'ok' ? 'Everything works' : 'Something does not work'}>
            {components.map(({ name, ready, reason }) => (
              <li key={name} className={ready ? 'health__part' : 'health__part health__part--down'}>
                <span className="health__dot" aria-hidden="true">
                  {ready ? '●' : '✕'}
                </span>
                <span className="health__name">{name}</span>
                <span className={ready ? 'visually-hidden' : 'health__reason'}>
                  {ready ? 'ready' : (reason ?? 'not ready')}
                </span>
              </li>
            ))}
          </ul>
          <p className="hint">Version {version}</p>
        </>
      )}
    </QueryStates>
  );
}
