import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Database } from '@devmesh/infrastructure';
import { Agent, request } from 'undici';
import { nothing, openToolsBench } from '../tools.fixture.ts';

const calls = 2_000;
// A process that has run for a while has its code compiled.
const warmUp = 2_000;
/** Callers of one organization that call at the same time, each again as soon as it was answered. */
const callers = 32;

interface Timed {
  readonly milliseconds: number;
  /** Of it, in transactions that only record the call. */
  readonly recording: number;
}

/**
 * What a call through the product costs more than a bare one of undici, to the same server, without and with the transaction
 * that records it, and how many come through at once. Inside: catalogue, policy, validation, request, guarded fetch, answer. Not
 * inside: the HTTP or MCP request that asked for the call, and the reading of a credential.
 */
export async function run(): Promise<Record<string, number>> {
  const server = createServer((asked, response) => {
    asked.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"number":1,"title":"One"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const bench = await openToolsBench();
  const agent = new Agent();
  try {
    const transactions = watch(bench.database);
    const principal = await bench.newPrincipal();
    const issue = {
      get: { operationId: 'issue', parameters: [numberInPath] },
      put: { operationId: 'put', parameters: [numberInPath] },
    };
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'API', version: '1' },
      servers: [{ url: origin }],
      paths: { '/issues/{number}': issue },
    });
    await bench.tools.import(principal, { name: 'api', document }, nothing);
    const bare = async (): Promise<Timed> =>
      timed(async () => {
        const { body } = await request(`${origin}/issues/1`, { dispatcher: agent });
        await body.text();
      }, transactions);
    const through = async (): Promise<Timed> =>
      timed(() => bench.call(principal, 'api_issue', { number: 1 }), transactions);
    for (let call = 0; call < warmUp; call += 1) await bare().then(through);
    const bareTimes: number[] = [];
    const whole: number[] = [];
    const withoutAudit: number[] = [];
    let queries = 0;
    // In turns, so that whatever else the machine does meets both.
    for (let call = 0; call < calls; call += 1) {
      bareTimes.push((await bare()).milliseconds);
      const before = transactions.count;
      const { milliseconds, recording } = await through();
      queries += transactions.count - before;
      whole.push(milliseconds);
      withoutAudit.push(milliseconds - recording);
    }
    const crowd = await together((number) => bench.call(principal, 'api_issue', { number }), transactions);
    return {
      ...crowd,
      bareP50Milliseconds: middle(bareTimes),
      callP50Milliseconds: middle(whole),
      callWithoutAuditP50Milliseconds: middle(withoutAudit),
      addedP50Milliseconds: middle(withoutAudit) - middle(bareTimes),
      addedWithAuditP50Milliseconds: middle(whole) - middle(bareTimes),
      transactionsPerCall: queries / calls,
    };
  } finally {
    await agent.close();
    await bench.close();
    server.close();
  }
}

const numberInPath = { name: 'number', in: 'path', required: true, schema: { type: 'integer' } };

/** What comes through when many call at the same time; every call is on record before it is answered. */
async function together(
  call: (number: number) => Promise<unknown>,
  transactions: Watched,
): Promise<Record<string, number>> {
  const before = transactions.count;
  const start = performance.now();
  let left = calls;
  const caller = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      // Callers that read the very same at once would share one request.
      await call(left);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - start) / 1_000;
  return {
    togetherCallsPerSecond: calls / seconds,
    togetherTransactionsPerCall: (transactions.count - before) / calls,
  };
}

interface Watched {
  count: number;
  /** Milliseconds of the last transaction: that of a call is the one that records it. */
  last: number;
}

/** Times the transactions of a database. */
function watch(database: Database): Watched {
  const watched: Watched = { count: 0, last: 0 };
  const inner = { ...database };
  const tenant: Database['tenant'] = async (tenantId, work) => {
    watched.count += 1;
    const start = performance.now();
    try {
      return await inner.tenant(tenantId, work);
    } finally {
      watched.last = performance.now() - start;
    }
  };
  Object.assign(database, { tenant });
  return watched;
}

async function timed(work: () => Promise<unknown>, transactions: Watched): Promise<Timed> {
  transactions.last = 0;
  const start = performance.now();
  await work();
  return { milliseconds: performance.now() - start, recording: transactions.last };
}

function middle(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}
