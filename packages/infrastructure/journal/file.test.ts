import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentTelemetry } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileJournal } from './file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'devmesh-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { log } = silentTelemetry;
const reopened = async () => (await openFileJournal({ folder, log })).left.map(({ group, text }) => [group, text]);

describe('a journal of files', () => {
  it('gives the next process what was kept and not settled, in order [journal.survives]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ group: fc.string(), text: fc.string({ unit: 'binary' }), settled: fc.boolean() })),
        fc.integer({ min: 1, max: 200 }),
        async (kept, segmentBytes) => {
          const before = await openFileJournal({ folder, log, segmentBytes });
          const notes = await Promise.all(kept.map(({ group, text }) => before.keep(group, text)));
          for (const [at, { settled }] of kept.entries()) {
            if (settled) notes[at]!.settle();
            notes[at]!.leave();
          }
          // Killed here: the journal is not closed. Of a file that is still written to, settled notes are found as well.
          const after = await openFileJournal({ folder, log });
          const found = after.left.map(({ group, text }) => [group, text]);
          const all = kept.map(({ group, text }) => [group, text]);
          const unsettled = kept.filter(({ settled }) => !settled).map(({ group, text }) => [group, text]);
          expect(all).toEqual(expect.arrayContaining(found));
          expect(found).toEqual(expect.arrayContaining(unsettled));
          expect(found).toEqual(all.filter((note) => found.some((one) => String(one) === String(note))));
          for (const note of after.left) note.settle();
          await before.close();
          await after.close();
          await expect.poll(() => readdir(folder)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('does not give what was torn while it was written', async () => {
    const before = await openFileJournal({ folder, log });
    await before.keep('a', 'whole');
    const [name] = await readdir(folder);
    await appendFile(join(folder, name!), '["a","torn');
    expect(await reopened()).toEqual([['a', 'whole']]);
  });

  it('removes a file once nothing in it is needed, and never earlier', async () => {
    const journal = await openFileJournal({ folder, log, segmentBytes: 10 });
    const [one, other] = [await journal.keep('a', 'one'), await journal.keep('a', 'other')];
    expect(await readdir(folder)).toHaveLength(2);
    one.settle();
    one.settle();
    await expect.poll(() => readdir(folder)).toHaveLength(1);
    expect(await reopened()).toEqual([['a', 'other']]);
    other.settle();
    await expect.poll(() => readdir(folder)).toEqual([]);
    await journal.close();
  });

  it('refuses what it cannot write, and goes on when it can', async () => {
    const journal = await openFileJournal({ folder: join(folder, 'inner'), log });
    await rm(join(folder, 'inner'), { recursive: true });
    await expect(journal.keep('a', 'lost')).rejects.toMatchObject({ code: 'unavailable' });
    expect(journal.open).toBe(0);
    await (await openFileJournal({ folder: join(folder, 'inner'), log })).close();
    await journal.keep('a', 'kept');
    expect(journal.open).toBe(1);
    await journal.close();
  });

  it('tells when what was open is done, whatever is kept after', async () => {
    const journal = await openFileJournal({ folder, log });
    await journal.done('a');
    const first = await journal.keep('a', 'first');
    const told: string[] = [];
    const waiting = journal.done('a').then(() => told.push('done'));
    const later = await journal.keep('a', 'later');
    await journal.done('b');
    expect(told).toEqual([]);
    first.leave();
    await waiting;
    later.settle();
    expect(journal.open).toBe(0);
    await journal.close();
  });
});
