import type { MeshEvent } from '@devmesh/api';
import { Disclosure } from '../layout/disclosure.tsx';
import { clockText } from '../layout/time-text.ts';

const bad = new Set<string>(['webhook.dead', 'task.failed', 'repository.failed', 'agent.offline']);

/** One event on one line; it opens to its data. */
export function EventRow({ event }: { readonly event: MeshEvent }) {
  return (
    <li className={`event ${bad.has(event.type) ? 'event--bad' : ''}`}>
      <Disclosure
        summary={
          <>
            <span className="event__line">
              <time dateTime={event.at}>{clockText(event.at)}</time>
              <span className="event__type">{event.type}</span>
            </span>
            <span className="event__summary">{event.summary}</span>
          </>
        }
      >
        {() => (
          <>
            <pre>{JSON.stringify(event.data, undefined, 2)}</pre>
            {event.traceId !== undefined && (
              <p className="hint">
                Trace <code>{event.traceId}</code>
              </p>
            )}
          </>
        )}
      </Disclosure>
    </li>
  );
}
