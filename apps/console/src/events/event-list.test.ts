import type { EventType, MeshEvent } from '@devmesh/api';
import { describe, expect, it } from 'vitest';
import { affectedBy } from './affected-queries.ts';
import { collapseProgress } from './collapse-progress.ts';
import { createFeedStore } from './feed-store.ts';

const event = (cursor: string, type: EventType, subjectId = 's'): MeshEvent => ({
  cursor,
  type,
  subjectId,
  summary: cursor,
  data: {},
  at: new Date(0).toISOString(),
});
const cursors = (events: readonly MeshEvent[]) => events.map(({ cursor }) => cursor);

describe('live events', () => {
  it('refresh each answer once that they make old', () => {
    const refreshed = affectedBy([event('1', 'task.created'), event('2', 'task.assigned'), event('3', 'tool.called')]);
    expect([...refreshed].sort()).toEqual(['agents', 'tasks']);
  });

  it('refresh nothing for a type that only a newer platform knows', () => {
    expect(affectedBy([event('1', 'newer.type' as EventType)])).toEqual([]);
  });

  it('show of progress on one thing only the newest, and all that lies between', () => {
    const events = [
      event('5', 'repository.progress'),
      event('4', 'repository.progress'),
      event('3', 'task.created'),
      event('2', 'repository.progress'),
      event('1', 'repository.progress', 'other'),
    ];
    expect(cursors(collapseProgress(events))).toEqual(['5', '3', '2', '1']);
  });
});

describe('feed store', () => {
  it('shows newest first, each event once, and the last 300', () => {
    const store = createFeedStore(() => 0);
    const all = Array.from({ length: 350 }, (_none, index) => event(String(index), 'task.created'));
    store.add(all.slice(0, 200));
    store.add(all.slice(150));
    expect(cursors(store.snapshot().events)).toEqual(cursors(all.slice(50).toReversed()));
    expect(store.snapshot().events[0]?.cursor).toBe('349');
    expect(store.snapshot().instants).toHaveLength(350);
  });
});
