import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventLog, eventId, parseEventId } from './event-log.ts';

const append = fc.record({ streamId: fc.constantFrom('session', 'r1', 'r2'), text: fc.string({ maxLength: 20 }) });

describe('the event log', () => {
  it('gives what came after an event of one stream, complete unless it says that it has forgotten', () => {
    fc.assert(
      fc.property(fc.array(append), fc.nat(60), fc.integer({ min: 1, max: 40 }), (appends, after, events) => {
        const log = createEventLog({ events, bytes: 200 });
        const all = appends.map(({ streamId, text }) => log.append(streamId, text));
        for (const streamId of ['session', 'r1', 'r2']) {
          const wanted = all.filter((event) => event.streamId === streamId && event.sequence > after);
          const got = log.after(streamId, after);
          expect(wanted.slice(wanted.length - got.length)).toEqual(got);
          expect(log.hasForgotten(after) || got.length === wanted.length).toBe(true);
        }
      }),
    );
  });

  it('stays within its bounds, and always keeps the newest', () => {
    fc.assert(
      fc.property(fc.array(append, { minLength: 1 }), (appends) => {
        const log = createEventLog({ events: 3, bytes: 30 });
        const all = appends.map(({ streamId, text }) => log.append(streamId, text));
        const kept = ['session', 'r1', 'r2'].flatMap((streamId) => log.after(streamId, 0));
        const bytes = kept.reduce((sum, { text }) => sum + text.length, 0);
        expect(kept.length).toBeLessThanOrEqual(3);
        expect(kept.length === 1 || bytes <= 30).toBe(true);
        expect(kept).toContainEqual(all.at(-1));
      }),
    );
  });
});

describe('event ids', () => {
  it('are read back as they were given, and anything else is refused without throwing', () => {
    fc.assert(
      fc.property(fc.constantFrom('session', 'r1', 'r99'), fc.nat(), (streamId, sequence) => {
        expect(parseEventId(eventId(streamId, sequence))).toEqual({ streamId, sequence });
      }),
    );
    for (const id of [
      '',
      '1',
      'session',
      'session.',
      '.1',
      'a.b',
      'session.-1',
      'session.1.2',
      `session.${'9'.repeat(30)}`,
    ]) {
      expect(parseEventId(id)).toBeUndefined();
    }
  });
});
