import type { EventType, MeshEvent } from '@devmesh/api';
import { lazy, Suspense, useState } from 'react';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Panel } from '../layout/panel.tsx';
import { eventTypes } from './affected-queries.ts';
import { collapseProgress } from './collapse-progress.ts';
import { EventRow } from './event-row.tsx';
import { useFeed } from './feed-context.tsx';
import './events.css';

/** The chart's library is the one thing that is not needed to begin with. */
const RateChart = lazy(() => import('./rate-chart.tsx'));

/** What happens in the organization, as it happens. */
export function EventsPanel() {
  return (
    <Panel id="events" title="Live events" about="Newest first, as they are committed." needs="events:read">
      <EventFeed />
    </Panel>
  );
}

function EventFeed() {
  const { connection, events, instants, failure } = useFeed();
  const [type, setType] = useState<EventType | ''>('');
  /** While paused: the events that were there when pausing. */
  const [held, setHeld] = useState<readonly MeshEvent[]>();
  const shown = collapseProgress(held ?? events).filter((event) => type === '' || event.type === type);
  return (
    <>
      <Suspense fallback={<div className="rate-chart__place" />}>
        <RateChart instants={instants} />
      </Suspense>
      <div className="events__controls">
        <select
          aria-label="Show events of type"
          value={type}
          onChange={(event) => {
            setType(event.currentTarget.value as EventType | '');
          }}
        >
          <option value="">All types</option>
          {eventTypes.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <button
          className="button"
          type="button"
          aria-pressed={held !== undefined}
          onClick={() => {
            setHeld(held === undefined ? events : undefined);
          }}
        >
          {held === undefined ? 'Pause' : `Resume${waitingText(held, events)}`}
        </button>
      </div>
      {failure !== undefined && connection !== 'live' && <FailureNotice error={failure} />}
      <p className="visually-hidden" aria-live="polite">
        {held === undefined ? events[0]?.summary : ''}
      </p>
      {shown.length === 0 ? (
        <EmptyFeed connection={connection} filtered={type !== ''} />
      ) : (
        <ol className="events" aria-label="Events, newest first">
          {shown.map((event) => (
            <EventRow key={event.cursor} event={event} />
          ))}
        </ol>
      )}
    </>
  );
}

function waitingText(held: readonly MeshEvent[], events: readonly MeshEvent[]): string {
  const newest = held[0]?.cursor;
  const waiting = newest === undefined ? events.length : events.findIndex((event) => event.cursor === newest);
  // The event at which the person paused has already been dropped: more came than the feed keeps.
  if (waiting === -1) return ` (${String(events.length)}+ new)`;
  return waiting === 0 ? '' : ` (${String(waiting)} new)`;
}

function EmptyFeed({ connection, filtered }: { readonly connection: string; readonly filtered: boolean }) {
  if (filtered)
    return <p className="empty">No event of this type among the last ones. It will appear here by itself.</p>;
  if (connection !== 'live') return <p className="loading">Connecting to the feed …</p>;
  return (
    <p className="empty">
      Nothing has happened yet. Import a service, create a task or send a webhook, and it appears here by itself.
    </p>
  );
}
