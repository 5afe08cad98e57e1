import fc from 'fast-check';
import { newId, silentTelemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { classOf, classes, quantileOf } from './histogram.ts';
import { createUsageCounter } from './usage-counter.ts';

let bench: ToolsBench;

beforeAll(async () => {
  bench = await openToolsBench();
});

afterAll(() => bench.close());

const request = { group: 'tool', limit: 100 } as const;

describe('usage', () => {
  it('counts every call with its caller, failures and sizes, and what it costs [tools.usage]', async () => {
    const principal = await bench.newPrincipal();
    const ada = newId();
    const { tool } = await bench.importByUrl(principal);
    await bench.call(principal, 'issues_getIssue', { number: 1 });
    await bench.call(principal, 'issues_getIssue', { number: 404 });
    await bench.call({ ...principal, userId: ada }, 'issues_createIssue', { title: 'T' });
    const first = await bench.tools.usage.read(principal, request);
    expect(first.rows).toMatchObject([
      { name: 'issues_getIssue', calls: 2, errors: 1, costMicros: null },
      { name: 'issues_createIssue', calls: 1, errors: 0 },
    ]);
    expect(first.rows[0]?.answerBytes).toBeGreaterThan(0);
    await bench.call(principal, 'issues_getIssue', { number: 1 });
    await bench.tools.usage.setPrice(principal, tool.id, 250);
    const { rows } = await bench.tools.usage.read(principal, { ...request, group: 'service' });
    expect(rows).toMatchObject([{ name: 'issues', calls: 4, errors: 1, costMicros: 1_000 }]);
    expect(rows[0]?.buckets.reduce((sum, count) => sum + count, 0)).toBe(4);
    const callers = await bench.tools.usage.read(principal, { ...request, group: 'principal' });
    expect(callers.rows.map(({ name, calls }) => [name, calls])).toEqual([
      [`key ${principal.keyId}`, 3],
      [`user ${ada}`, 1],
    ]);
    expect((await bench.tools.usage.read(await bench.newPrincipal(), request)).rows).toEqual([]);
    const past = { ...request, from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' };
    expect((await bench.tools.usage.read(principal, past)).rows).toEqual([]);
  });

  it('does not count what was never sent', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    await expect(bench.call(principal, 'issues_getIssue', {})).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await bench.tools.usage.read(principal, request)).rows).toEqual([]);
  });

  it('keeps what the database did not take, and gives it once', async () => {
    const principal = await bench.newPrincipal();
    let away = true;
    const tenant: Database['tenant'] = (tenantId, work) =>
      away ? Promise.reject(new Error('away')) : bench.database.tenant(tenantId, work);
    const database = { ...bench.database, tenant };
    const counter = createUsageCounter({ database, clock: { now: Date.now }, log: silentTelemetry.log });
    const call = { principal, tool: 'a_b', service: 'a', failed: false, milliseconds: 7, answerBytes: 3 };
    counter.count(call);
    await counter.flush();
    counter.count(call);
    away = false;
    await counter.close();
    await counter.flush();
    const { rows } = await bench.tools.usage.read(principal, request);
    expect(rows).toMatchObject([{ name: 'a_b', calls: 2, milliseconds: 14, answerBytes: 6 }]);
  });

  it('gives quantiles that no duration contradicts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1 }),
        fc.constantFrom(0.5, 0.95),
        (durations, share) => {
          const histogram = Array.from({ length: classes }, () => 0);
          for (const duration of durations) histogram[classOf(duration)] = (histogram[classOf(duration)] ?? 0) + 1;
          const exact = durations.toSorted((one, other) => one - other)[Math.ceil(durations.length * share) - 1] ?? 0;
          const bound = quantileOf(histogram, share) ?? 0;
          expect(bound).toBeGreaterThanOrEqual(exact);
          expect(classOf(bound)).toBe(classOf(exact));
        },
      ),
    );
    expect(quantileOf([], 0.5)).toBeUndefined();
  });
});
