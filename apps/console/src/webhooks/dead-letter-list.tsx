import type { operations, ResponseOf } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { Ago } from '../layout/ago.tsx';
import { Badge, type Tone } from '../layout/badge.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { collectPages } from '../session/collect-pages.ts';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';

type DeadLetter = ResponseOf<typeof operations.webhooks.listDeadLetters>['items'][number];

/** Deliveries that could not be processed, each with a way to try again. */
export function DeadLetterList() {
  const { client } = useSession();
  const query = useQuery({
    queryKey: queryKeys.deadLetters,
    queryFn: ({ signal }) => collectPages((page) => client.webhooks.listDeadLetters({ query: page }, { signal }), 1),
  });
  return (
    <QueryStates
      query={query}
      what="the dead letters"
      isEmpty={({ items }) => items.length === 0}
      empty={<p>None. A delivery that fails again and again ends up here and can be processed again.</p>}
    >
      {({ items }) => (
        <ul className="rows" aria-label="Dead letters, newest first">
          {items.map((letter) => (
            <DeadLetterRow key={letter.id} letter={letter} />
          ))}
        </ul>
      )}
    </QueryStates>
  );
}

/** A letter that was tried again is as good as its event is now. */
function toneOf({ status, eventStatus }: DeadLetter): Tone {
  if (status === 'discarded') return 'plain';
  return eventStatus === 'processed' ? 'good' : eventStatus === 'dead' ? 'bad' : 'busy';
}

function DeadLetterRow({ letter }: { readonly letter: DeadLetter }) {
  const { client, may } = useSession();
  const redrive = useWrite(
    (deadLetterId: string) => client.webhooks.redrive({ params: { deadLetterId } }),
    ['deadLetters', 'webhookEvents'],
  );
  return (
    <li className="row">
      <div className="row__main">
        <code>{letter.event}</code>{' '}
        <span className="hint">
          {letter.attempts} attempts · <Ago at={letter.createdAt} />
        </span>
        <p>{letter.reason}</p>
        {redrive.error !== null && <FailureNotice error={redrive.error} />}
      </div>
      <div className="row__side">
        {letter.status !== 'open' && <Badge tone={toneOf(letter)}>{letter.status}</Badge>}
        {letter.status === 'open' && may('webhooks:write') && (
          <button
            className="button button--small"
            type="button"
            disabled={redrive.isPending}
            onClick={() => {
              redrive.submit(letter.id);
            }}
          >
            Process again
          </button>
        )}
      </div>
    </li>
  );
}
