import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, openUpstreamsBench, passingClock } from './upstreams.fixture.ts';

let clock: ReturnType<typeof passingClock>;
let bench: Awaited<ReturnType<typeof openUpstreamsBench>>;

beforeEach(async () => {
  clock = passingClock();
  bench = await openUpstreamsBench(clock);
});

afterEach(() => bench.close());

const writes = { method: 'POST', effect: 'once' } as const;
const repeatable = { method: 'PUT', effect: 'repeatable' } as const;

describe('a call is sent again', () => {
  it.each([429, 502, 503, 504])('after %i, where it may be repeated [resilience.retries]', async (status) => {
    bench.answer((_request, response, count) => response.writeHead(count < 3 ? status : 200).end());
    expect((await bench.send(repeatable)).status).toBe(200);
    expect(bench.received).toHaveLength(3);
    expect(clock.slept).toEqual([100, 200]);
  });

  it('after a connection that broke', async () => {
    bench.answer((request, response, count) => (count < 2 ? request.socket.destroy() : response.end('fine')));
    expect((await bench.send()).text()).toBe('fine');
  });

  it.each([400, 401, 404, 409, 500, 501])('never after %i', async (status) => {
    bench.answer((_request, response) => response.writeHead(status).end());
    expect((await bench.send(repeatable)).status).toBe(status);
    expect(bench.received).toHaveLength(1);
  });

  it.each([429, 502, 503, 504])(
    'never where a repeat could do it twice, also after %i [resilience.no-repeated-write]',
    async (status) => {
      bench.answer((_request, response) => response.writeHead(status, { 'retry-after': '1' }).end());
      expect((await bench.send(writes)).status).toBe(status);
      expect(bench.received).toHaveLength(1);
    },
  );

  it('never after a broken connection where a repeat could do it twice, and its caller hears that it may have happened', async () => {
    bench.answer((request) => request.socket.destroy());
    const error = await failureOf(bench.send(writes));
    expect(error).toMatchObject({ code: 'upstream_timeout' });
    expect(error.message).toContain('may have happened');
    expect(bench.received).toHaveLength(1);
  });

  it('no sooner than Retry-After says, and not at all where that is beyond the time that a call has', async () => {
    bench.answer((_request, response, count) =>
      response.writeHead(count === 1 ? 503 : 200, { 'retry-after': '7' }).end(),
    );
    expect((await bench.send(repeatable)).status).toBe(200);
    expect(clock.slept).toEqual([7_050]);
    const patient = { ...repeatable, settings: { budgetMilliseconds: 5_000 } };
    bench.answer((_request, response) => response.writeHead(429, { 'retry-after': '7' }).end());
    expect((await bench.send(patient)).status).toBe(429);
    expect(bench.received).toHaveLength(3);
  });

  it('no sooner than the date of Retry-After', async () => {
    const date = new Date(clock.now() + 5_000).toUTCString();
    bench.answer((_request, response, count) =>
      response.writeHead(count === 1 ? 429 : 200, { 'retry-after': date }).end(),
    );
    await bench.send(repeatable);
    expect(clock.slept).toEqual([5_050]);
  });

  it('as often as the service is set to, and then the last answer stands', async () => {
    bench.answer((_request, response, count) => response.writeHead(503).end(`answer ${String(count)}`));
    const answer = await bench.send({ ...repeatable, settings: { retries: 3 } });
    expect([answer.status, answer.text()]).toEqual([503, 'answer 4']);
    expect(bench.received).toHaveLength(4);
  });

  it('not once its caller has left', async () => {
    const controller = new AbortController();
    bench.answer((_request, response) => {
      controller.abort(new Error('gone'));
      response.writeHead(503).end();
    });
    await expect(bench.send({ ...repeatable, signal: controller.signal })).rejects.toThrow('gone');
    expect(bench.received).toHaveLength(1);
  });
});

describe('a host that fails', () => {
  const settings = { retries: 0, breakAfter: 3 };

  it('is left alone after failures in a row, for each organization by itself [resilience.circuit]', async () => {
    bench.answer((_request, response) => response.writeHead(503).end());
    for (let time = 0; time < 3; time += 1) await bench.send({ ...writes, settings });
    expect(await failureOf(bench.send({ ...writes, settings }))).toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 10,
    });
    expect(bench.received).toHaveLength(3);
    expect((await bench.send({ ...writes, settings, tenantId: 'b' })).status).toBe(503);
    expect(bench.counted['devmesh_tool_circuits_opened_total']).toBe(1);
    clock.pass(10_000);
    bench.answer((_request, response) => response.end());
    expect((await bench.send({ ...writes, settings })).status).toBe(200);
    expect((await bench.send({ ...writes, settings })).status).toBe(200);
  });

  it('answers what it answered last, not that it is left alone, to the call that opened the circuit', async () => {
    bench.answer((_request, response) => response.writeHead(502).end());
    expect((await bench.send({ ...repeatable, settings: { retries: 5, breakAfter: 2 } })).status).toBe(502);
    expect(bench.received).toHaveLength(2);
  });

  it.each([400, 404, 429, 500])('is not one that answers %i', async (status) => {
    bench.answer((_request, response) => response.writeHead(status).end());
    for (let time = 0; time < 6; time += 1) await bench.send({ ...writes, settings });
    expect(bench.received).toHaveLength(6);
  });

  it('is not one whose callers leave', async () => {
    for (let time = 0; time < 6; time += 1) {
      const controller = new AbortController();
      bench.answer(() => controller.abort(new Error('gone')));
      await expect(bench.send({ ...writes, settings, signal: controller.signal })).rejects.toThrow('gone');
    }
    bench.answer((_request, response) => response.end());
    expect((await bench.send({ ...writes, settings })).status).toBe(200);
  });

  it('that is too slow is told so, with the time of one try', async () => {
    bench.answer(() => undefined);
    const error = await failureOf(bench.send({ ...writes, settings: { timeoutMilliseconds: 100 } }));
    expect(error).toMatchObject({ code: 'upstream_timeout' });
    expect(error.message).toContain('may have happened');
    const read = await failureOf(bench.send({ settings: { timeoutMilliseconds: 100 } }));
    expect(read).toMatchObject({ code: 'upstream_timeout' });
    expect(read.message).not.toContain('may have happened');
  });

  it('and was never reached got nothing: its caller is told that too', async () => {
    const { origin } = bench;
    await bench.close();
    const error = await failureOf(bench.send(writes));
    bench = await openUpstreamsBench(clock);
    expect(error.message).not.toContain('may have happened');
    expect(origin).not.toBe('');
  });

  it('does not take the calls of another organization along when it is full', async () => {
    const full = { concurrent: 1, queue: 0 };
    const held: (() => void)[] = [];
    bench.answer((_request, response) => held.push(() => response.end()));
    const first = bench.send({ ...writes, settings: full });
    await expect.poll(() => held.length).toBe(1);
    expect(await failureOf(bench.send({ ...writes, settings: full }))).toMatchObject({ code: 'unavailable' });
    const other = bench.send({ ...writes, settings: full, tenantId: 'b' });
    await expect.poll(() => held.length).toBe(2);
    for (const finish of held) finish();
    await Promise.all([first, other]);
    bench.answer((_request, response) => response.end());
    expect((await bench.send({ ...writes, settings: full })).status).toBe(200);
  });
});

describe('reads that are the same at once', () => {
  it('share one request; writes never do [resilience.coalescing]', async () => {
    const held: (() => void)[] = [];
    bench.answer((_request, response) => held.push(() => response.end('one')));
    const reads = Promise.all(Array.from({ length: 5 }, () => bench.send()));
    await expect.poll(() => held.length).toBe(1);
    const sent = Promise.all([bench.send({ ...writes, path: '/w' }), bench.send({ ...writes, path: '/w' })]);
    await expect.poll(() => held.length).toBe(3);
    for (const finish of held) finish();
    expect((await reads).map((answer) => answer.text())).toEqual(Array(5).fill('one'));
    await sent;
    expect(bench.received).toHaveLength(3);
    expect(bench.counted['devmesh_tool_reads_saved_total joined']).toBe(4);
  });

  it.each([
    ['organizations', { tenantId: 'a' }, { tenantId: 'b' }],
    ['people', { userId: 'u' }, { userId: 'v' }],
    ['credentials', { headers: { authorization: 'Bearer a' } }, { headers: { authorization: 'Bearer b' } }],
    ['credentials in the query', { path: '/?key=a' }, { path: '/?key=b' }],
    ['languages', { headers: { 'accept-language': 'de' } }, { headers: { 'accept-language': 'en' } }],
    ['methods', { method: 'GET' }, { method: 'HEAD' }],
  ])('of other %s share nothing, neither on the way nor kept [resilience.cache-apart]', async (_what, one, other) => {
    bench.answer((request, response, count) => {
      response
        .writeHead(200, { 'cache-control': 'max-age=60' })
        .end(request.method === 'HEAD' ? '' : `answer ${String(count)}`);
    });
    const texts = (await Promise.all([bench.send(one), bench.send(other)])).map((answer) => answer.text());
    expect(bench.received).toHaveLength(2);
    expect((await bench.send(one)).text()).toBe(texts[0]);
    expect((await bench.send(other)).text()).toBe(texts[1]);
    expect(new Set(texts).size).toBe(2);
    expect(bench.received).toHaveLength(2);
  });

  it('go on for the others when one leaves, and end when all have left', async () => {
    let finish = (): void => undefined;
    let ended = false;
    bench.answer((request, response) => {
      finish = () => response.end('one');
      request.socket.once('close', () => (ended = true));
    });
    const controller = new AbortController();
    const left = failureOf(bench.send({ signal: controller.signal }));
    const stayed = bench.send();
    await expect.poll(() => bench.received.length).toBe(1);
    controller.abort(new Error('gone'));
    expect((await left).message).toBe('gone');
    finish();
    expect((await stayed).text()).toBe('one');
    const last = new AbortController();
    const alone = failureOf(bench.send({ signal: last.signal }));
    await expect.poll(() => bench.received.length).toBe(2);
    last.abort(new Error('gone'));
    await alone;
    await expect.poll(() => ended).toBe(true);
  });
});

describe('an answer is kept', () => {
  const fresh = { 'cache-control': 'max-age=60' };

  it('as long as its service says, and no longer [resilience.cache]', async () => {
    bench.answer((_request, response, count) => response.writeHead(200, fresh).end(String(count)));
    expect((await bench.send()).text()).toBe('1');
    clock.pass(59_999);
    expect((await bench.send()).text()).toBe('1');
    clock.pass(1);
    expect((await bench.send()).text()).toBe('2');
  });

  it('and asked about again by its tag, so that it does not travel twice', async () => {
    bench.answer((request, response) => {
      if (request.headers['if-none-match'] === '"1"')
        response.writeHead(304, { etag: '"1"', 'cache-control': 'max-age=9' }).end();
      else response.writeHead(200, { etag: '"1"' }).end('whole');
    });
    expect((await bench.send()).text()).toBe('whole');
    const again = await bench.send();
    expect([again.status, again.text()]).toEqual([200, 'whole']);
    expect(bench.counted['devmesh_tool_reads_saved_total revalidated']).toBe(1);
    await bench.send();
    expect(bench.received).toHaveLength(2);
  });

  it.each([404, 500])('never where it is an error (%i), and an error takes away what was kept', async (status) => {
    bench.answer((_request, response, count) =>
      response.writeHead(count === 2 ? status : 200, { etag: '"1"' }).end(String(count)),
    );
    await bench.send();
    expect((await bench.send()).status).toBe(status);
    await bench.send();
    expect(bench.received[1]?.headers['if-none-match']).toBe('"1"');
    expect(bench.received[2]?.headers['if-none-match']).toBeUndefined();
  });

  it('not beyond a write to the same origin, also one that began before it [resilience.read-your-writes]', async () => {
    bench.answer((_request, response, count) => response.writeHead(200, fresh).end(String(count)));
    await bench.send();
    await bench.send({ ...writes, path: '/other' });
    expect((await bench.send()).text()).toBe('3');
    const held: (() => void)[] = [];
    bench.answer((_request, response) => held.push(() => response.writeHead(200, fresh).end('before')));
    const early = bench.send({ path: '/early' });
    await expect.poll(() => held.length).toBe(1);
    bench.answer((_request, response) => response.writeHead(200, fresh).end('after'));
    await bench.send(writes);
    expect((await bench.send({ path: '/early' })).text()).toBe('after');
    for (const finish of held) finish();
    expect((await early).text()).toBe('before');
    expect((await bench.send({ path: '/early' })).text()).toBe('after');
  });

  it('not beyond a write that failed: it may have happened', async () => {
    bench.answer((request, response, count) =>
      request.method === 'POST' ? request.socket.destroy() : response.writeHead(200, fresh).end(String(count)),
    );
    await bench.send();
    await failureOf(bench.send(writes));
    expect((await bench.send()).text()).toBe('3');
  });

  it('not of what was read while something was written', async () => {
    let finish = (): void => undefined;
    bench.answer((request, response, count) => {
      if (request.method === 'POST') finish = () => response.end();
      else response.writeHead(200, fresh).end(String(count));
    });
    const writing = bench.send(writes);
    await expect.poll(() => bench.received.length).toBe(1);
    expect((await bench.send()).text()).toBe('2');
    finish();
    await writing;
    expect((await bench.send()).text()).toBe('3');
  });

  it('not where the organization wants none kept', async () => {
    bench.answer((_request, response) => response.writeHead(200, fresh).end());
    await bench.send({ settings: { cacheReads: false } });
    await bench.send({ settings: { cacheReads: false } });
    expect(bench.received).toHaveLength(2);
  });
});
