import { silentTelemetry } from '@devmesh/foundation';
import type { Stream, StreamEntry } from '@devmesh/infrastructure';
import { describe, expect, it } from 'vitest';
import { createRinger } from './ringer.ts';

const entry = (subjectId: string): StreamEntry => ({ tenantId: 'a', kind: 'process', subjectId });

/** A stream that keeps what is appended, once it may. */
const listening = (append: (entries: readonly StreamEntry[]) => Promise<void>): Stream =>
  ({ append: (_topic: string, entries: readonly StreamEntry[]) => append(entries) }) as Stream;

describe('the ringer', () => {
  it('rings again after it was given nothing, as for a batch of nothing but repetitions', async () => {
    const rung: string[] = [];
    const stream = listening((entries) => {
      rung.push(...entries.map(({ subjectId }) => subjectId));
      return Promise.resolve();
    });
    const ringer = createRinger({ stream, topic: 'webhooks', telemetry: silentTelemetry });
    ringer.ring([]);
    ringer.ring([entry('one')]);
    await ringer.idle();
    ringer.ring([]);
    ringer.ring([entry('two')]);
    await ringer.idle();
    expect(rung).toEqual(['one', 'two']);
  });

  it('goes on after a ring that failed', async () => {
    const rung: string[] = [];
    let fails = true;
    const stream = listening((entries) => {
      if (fails) return Promise.reject(new Error('down'));
      rung.push(...entries.map(({ subjectId }) => subjectId));
      return Promise.resolve();
    });
    const ringer = createRinger({ stream, topic: 'webhooks', telemetry: silentTelemetry });
    ringer.ring([entry('lost')]);
    await ringer.idle();
    fails = false;
    ringer.ring([entry('next')]);
    await ringer.idle();
    expect(rung).toEqual(['next']);
  });
});
