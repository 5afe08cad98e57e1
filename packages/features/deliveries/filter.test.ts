import type { EventType } from '@devmesh/api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wants } from './filter.ts';

const types: readonly EventType[] = [
  'task.created',
  'task.failed',
  'tool.called',
  'webhook.received',
  'agent.online',
  'notification.created',
  'repository.indexed',
];
const type = fc.constantFrom(...types);

describe('what an endpoint wants', () => {
  test('is everything by `*`, one kind by its prefix, one event by its name', () => {
    fc.assert(
      fc.property(type, type, (event, other) => {
        const [kind] = event.split('.');
        expect(wants(['*'], event)).toBe(true);
        expect(wants([event], event)).toBe(true);
        expect(wants([`${kind ?? ''}.*`], other)).toBe(other.split('.')[0] === kind);
        expect(wants([event], other)).toBe(event === other);
        expect(wants(['nothing.here', `${kind ?? ''}.*`], event)).toBe(true);
        expect(wants([], event)).toBe(false);
      }),
    );
  });

  test.each(['task', 'task.', 'tas.*', 'tasks.*', 'task.create', 'task.created.*', '*.created', 'TASK.*'])(
    'is not task.created by %j',
    (pattern) => expect(wants([pattern], 'task.created')).toBe(false),
  );

  test('is never what tells of deliveries themselves, so that a failing endpoint makes no work for itself', () => {
    expect(wants(['*', 'delivery.*', 'delivery.failed'], 'delivery.failed')).toBe(false);
    expect(wants(['*', 'endpoint.*', 'endpoint.disabled'], 'endpoint.disabled')).toBe(false);
  });
});
