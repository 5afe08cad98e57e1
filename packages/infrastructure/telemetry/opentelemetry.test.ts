import { MeshError } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTracer } from './opentelemetry.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const parent = `00-${traceId}-${spanId}-01`;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe('a tracer', () => {
  test('nests spans across awaits and remembers them oldest first', async () => {
    const tracer = createTracer({ service: 'worker' });
    const id = await tracer.span('outer', { attributes: { 'task.id': 't1' } }, async () => {
      await pause();
      await tracer.span('inner', {}, pause);
      return tracer.traceId() ?? '';
    });
    const [outer, inner] = tracer.recent(id);
    expect(outer).toMatchObject({
      name: 'outer',
      parentSpanId: undefined,
      failed: false,
      attributes: { 'task.id': 't1' },
    });
    expect(inner).toMatchObject({ name: 'inner', traceId: id, parentSpanId: outer?.spanId });
    expect(outer!.startedAt).toBeLessThanOrEqual(inner!.startedAt);
    expect(outer!.endedAt).toBeGreaterThanOrEqual(inner!.endedAt);
  });

  test('keeps concurrent work apart', async () => {
    const tracer = createTracer({ service: 'worker' });
    const work = (): Promise<(string | undefined)[]> =>
      tracer.span('work', {}, async () => {
        const before = tracer.traceId();
        await pause();
        return [before, tracer.traceId()];
      });
    const seen = await Promise.all([work(), work(), work()]);
    for (const [before, after] of seen) expect(after).toBe(before);
    expect(new Set(seen.flat()).size).toBe(3);
  });

  test('continues the trace of a traceparent, and hands one on [telemetry.one-trace]', async () => {
    const tracer = createTracer({ service: 'worker' });
    const handedOn = await tracer.span('received', { parent }, () => Promise.resolve(tracer.traceparent()));
    const [span] = tracer.recent(traceId);
    expect(span).toMatchObject({ traceId, parentSpanId: spanId });
    expect(handedOn).toBe(`00-${traceId}-${span?.spanId ?? ''}-01`);
  });

  test('records what its caller chose not to sample, so that the trace view has no holes', async () => {
    const tracer = createTracer({ service: 'worker' });
    await tracer.span('received', { parent: `00-${traceId}-${spanId}-00` }, pause);
    expect(tracer.recent(traceId)).toHaveLength(1);
  });

  test('stays in the current trace when the traceparent is not valid', async () => {
    const tracer = createTracer({ service: 'worker' });
    await tracer.span('outer', {}, async () => {
      const outer = tracer.traceId();
      await tracer.span('inner', { parent: 'garbage' }, () => {
        expect(tracer.traceId()).toBe(outer);
        return Promise.resolve();
      });
    });
  });

  test('marks a span whose work fails and rethrows the same failure', async () => {
    const tracer = createTracer({ service: 'worker' });
    const error = new MeshError('not_found', 'No such task.');
    await expect(tracer.span('read', { parent }, () => Promise.reject(error))).rejects.toBe(error);
    expect(tracer.recent(traceId)).toMatchObject([
      { failed: true, attributes: { 'error.type': 'not_found', 'error.message': 'No such task.' } },
    ]);
  });

  test('does not keep what a foreign error says', async () => {
    const tracer = createTracer({ service: 'worker' });
    const work = tracer.span('read', { parent }, () => Promise.reject(new TypeError('hunter2')));
    await expect(work).rejects.toThrow('hunter2');
    expect(tracer.recent(traceId)).toMatchObject([{ failed: true, attributes: { 'error.type': 'TypeError' } }]);
    expect(JSON.stringify(tracer.recent(traceId))).not.toContain('hunter2');
  });

  test('adds attributes to the current span, secrets replaced', async () => {
    const tracer = createTracer({ service: 'worker' });
    await tracer.span('call', { parent, attributes: { token: 'hunter2' } }, () => {
      tracer.annotate({ 'http.response.status_code': 503, 'error.type': '503', authorization: 'hunter2' });
      return Promise.resolve();
    });
    const [span] = tracer.recent(traceId);
    expect(span).toMatchObject({ failed: true, attributes: { 'http.response.status_code': 503, token: '[redacted]' } });
    expect(JSON.stringify(span)).not.toContain('hunter2');
  });

  test('has no current trace outside of a span', () => {
    const tracer = createTracer({ service: 'worker' });
    tracer.annotate({ a: 1 });
    expect([tracer.traceId(), tracer.traceparent()]).toEqual([undefined, undefined]);
    expect(tracer.recent(traceId)).toEqual([]);
  });

  test('shares nothing with another tracer of the process', async () => {
    const one = createTracer({ service: 'one' });
    const two = createTracer({ service: 'two' });
    await one.span('a', { parent }, async () => {
      expect(two.traceId()).toBeUndefined();
      await one.close();
      await two.span('b', {}, () => Promise.resolve(expect(two.traceId()).toBeTypeOf('string')));
    });
    expect(two.recent(traceId)).toEqual([]);
  });

  test('forgets the oldest spans and no others', async () => {
    const tracer = createTracer({ service: 'worker', rememberedSpans: 3 });
    const ids: string[] = [];
    for (let time = 0; time < 5; time += 1) {
      await tracer.span('work', {}, () => Promise.resolve(ids.push(tracer.traceId() ?? '')));
    }
    expect(ids.map((id) => tracer.recent(id).length)).toEqual([0, 0, 1, 1, 1]);
  });
});

function hex(length: number): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...'0 1 2 3 4 5 6 7 8 9 a b c d e f'.split(' '));
  return fc.string({ unit, minLength: length, maxLength: length }).filter((text) => /[^0]/u.test(text));
}

describe('traceparent', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom(0, 1), (trace, span, traceFlags) => {
        const context = { traceId: trace, spanId: span, traceFlags, isRemote: true };
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
      }),
    );
  });

  test.each([
    '',
    'garbage',
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}-1`,
  ])('%j is not taken', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  test('of a later version is taken with what it adds', () => {
    expect(parseTraceparent(`01-${traceId}-${spanId}-03-more`)).toMatchObject({ traceId, spanId, traceFlags: 1 });
  });
});
