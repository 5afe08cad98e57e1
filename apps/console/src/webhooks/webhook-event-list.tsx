import type { operations, ResponseOf } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { Ago } from '../layout/ago.tsx';
import { Badge, type Tone } from '../layout/badge.tsx';
import { Disclosure } from '../layout/disclosure.tsx';
import { LongList } from '../layout/long-list.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import { useSources } from './source-queries.ts';

type WebhookEvent = ResponseOf<typeof operations.webhooks.listEvents>['items'][number];

const shownEvents = 50;
const tones: Readonly<Record<WebhookEvent['status'], Tone>> = { received: 'busy', processed: 'good', dead: 'bad' };

/** The last deliveries and what became of each. */
export function WebhookEventList() {
  const { client } = useSession();
  const query = useQuery({
    queryKey: queryKeys.webhookEvents,
    queryFn: ({ signal }) => client.webhooks.listEvents({ query: { limit: shownEvents } }, { signal }),
  });
  return (
    <QueryStates
      query={query}
      what="the deliveries"
      isEmpty={({ items }) => items.length === 0}
      empty={<p>Nothing was delivered yet. Send a test delivery from the sender’s settings.</p>}
    >
      {({ items, nextCursor }) => (
        <>
          <LongList label="Deliveries, newest first" items={items}>
            {(event) => <EventRow key={event.id} event={event} />}
          </LongList>
          {nextCursor !== undefined && <p className="hint">The newest {shownEvents}; older ones are kept.</p>}
        </>
      )}
    </QueryStates>
  );
}

function EventRow({ event }: { readonly event: WebhookEvent }) {
  const { data } = useSources();
  const source = data?.items.find(({ id }) => id === event.sourceId)?.name ?? 'a removed source';
  return (
    <li>
      <Disclosure
        summary={
          <span>
            <Badge tone={tones[event.status]}>{event.status}</Badge> <code>{event.event}</code>{' '}
            <span className="hint">
              from {source} · <Ago at={event.receivedAt} />
              {event.attempts > 1 && ` · ${String(event.attempts)} attempts`}
            </span>
          </span>
        }
      >
        {() => <EventDetail event={event} />}
      </Disclosure>
    </li>
  );
}

function EventDetail({ event }: { readonly event: WebhookEvent }) {
  const { client } = useSession();
  const query = useQuery({
    queryKey: [...queryKeys.webhookEvents, event.id],
    queryFn: ({ signal }) => client.webhooks.getEvent({ params: { eventId: event.id } }, { signal }),
  });
  return (
    <>
      {event.lastError !== undefined && <p className="notice notice--bad">{event.lastError}</p>}
      <p className="hint">
        Delivery <code>{event.deliveryId}</code>
        {event.taskId !== undefined && (
          <>
            {' '}
            · task <code>{event.taskId}</code>
          </>
        )}
        {event.traceId !== undefined && (
          <>
            {' '}
            · trace <code>{event.traceId}</code>
          </>
        )}
      </p>
      <QueryStates query={query} what="the payload">
        {({ payload, effects }) => (
          <>
            <ul>
              {effects.map(({ run, rule, action, subjectId, summary }) => (
                <li key={`${String(run)} ${rule} ${action} ${subjectId ?? ''}`} className="hint">
                  {summary}
                  {run > 1 && ` (run ${String(run)})`}
                </li>
              ))}
            </ul>
            <pre>{JSON.stringify(payload, undefined, 2)}</pre>
          </>
        )}
      </QueryStates>
    </>
  );
}
