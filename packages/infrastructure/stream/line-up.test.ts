import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineUp, type Job } from './line-up.ts';
import type { Delivery } from './port.ts';

const step = fc.oneof(
  fc.record({ does: fc.constant('add' as const), tenant: fc.nat(2), subject: fc.nat(3), poison: fc.nat(9) }),
  fc.record({ does: fc.constant('end' as const), which: fc.nat(5) }),
);

test('whatever comes and ends: no subject twice at once, no tenant above its share, nobody idle who could work, nothing lost', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, concurrency, tenantShare) => {
        const lineUp = createLineUp({ concurrency, tenantShare, alone: ({ deliveries }) => deliveries > 5 });
        const begun: Job[] = [];
        const seen: string[] = [];
        let added = 0;
        const beginAll = (): void => {
          for (let job = lineUp.begin(); job !== undefined; job = lineUp.begin()) {
            begun.push(job);
            seen.push(...job.deliveries.map((each) => each.entryId));
          }
        };
        const check = (): void => {
          const subjects = begun.map(({ subject }) => subject);
          expect(new Set(subjects).size).toBe(subjects.length);
          for (const { tenantId } of begun) {
            expect(begun.filter((job) => job.tenantId === tenantId).length).toBeLessThanOrEqual(tenantShare);
          }
          expect(begun.length).toBeLessThanOrEqual(concurrency);
          expect(lineUp.free()).toBe(concurrency - begun.length);
        };
        for (const next of steps) {
          if (next.does === 'add') {
            lineUp.add(delivery(added, next));
            added += 1;
          } else if (begun.length > 0) {
            const [ended] = begun.splice(next.which % begun.length, 1);
            if (ended !== undefined) lineUp.end(ended);
          }
          beginAll();
          check();
        }
        while (begun.length > 0) {
          for (const job of begun.splice(0)) lineUp.end(job);
          beginAll();
        }
        expect(lineUp.waiting()).toBe(0);
        expect(seen.toSorted()).toEqual(Array.from({ length: added }, (_each, at) => entryId(at)).toSorted());
      },
    ),
  );
});

test('an entry that is to be put aside shares its run with no other', () => {
  const lineUp = createLineUp({ concurrency: 1, tenantShare: 1, alone: ({ deliveries }) => deliveries > 5 });
  for (const poison of [0, 9, 0, 9]) lineUp.add(delivery(0, { tenant: 0, subject: 0, poison }));
  const runs: number[] = [];
  for (let job = lineUp.begin(); job !== undefined; job = lineUp.begin()) {
    runs.push(job.deliveries.length);
    lineUp.end(job);
  }
  expect(runs).toEqual([2, 1, 1]);
});

test('a tenant is full while it has its share begun or waiting', () => {
  const lineUp = createLineUp({ concurrency: 3, tenantShare: 2, alone: () => false });
  lineUp.add(delivery(0, { tenant: 0, subject: 0, poison: 0 }));
  const job = lineUp.begin();
  expect(lineUp.full()).toEqual([]);
  lineUp.add(delivery(1, { tenant: 0, subject: 0, poison: 0 }));
  lineUp.add(delivery(2, { tenant: 1, subject: 0, poison: 0 }));
  expect(lineUp.full()).toEqual(['tenant 0']);
  lineUp.end(job!);
  lineUp.begin();
  expect(lineUp.full()).toEqual([]);
  for (let at = 3; at < 103; at += 1) lineUp.add(delivery(at, { tenant: 0, subject: 0, poison: 0 }));
  expect(lineUp.full()).toEqual(['tenant 0']);
});

function entryId(at: number): string {
  return `entry ${String(at)}`;
}

function delivery(at: number, of: { tenant: number; subject: number; poison: number }): Delivery {
  return {
    entryId: entryId(at),
    tenantId: `tenant ${String(of.tenant)}`,
    kind: 'test',
    subjectId: `subject ${String(of.subject)}`,
    deliveries: of.poison,
  };
}
