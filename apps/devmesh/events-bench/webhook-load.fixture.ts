// Sends webhooks over keep-alive connections in a process of its own, so that it shares no event loop with the server.
// It writes and reads HTTP/1.1 on bare sockets: on the same cores, a client that costs little leaves more to what is measured.
import { createHmac, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/** What the parent process asks for. */
export interface LoadOrder {
  readonly url: string;
  readonly secret: string;
  readonly connections: number;
  readonly count: number;
  /** Webhooks a second over all connections; absent: as fast as answers come. */
  readonly rate?: number;
  readonly body: string;
}

/** What became of the load. Times are in milliseconds. */
export interface LoadReport {
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly latencies: readonly number[];
  /** Unix milliseconds of sending, by event id. */
  readonly sentAt: Readonly<Record<string, number>>;
}

const answerPattern = /^HTTP\/1\.1 (\d{3})[\s\S]*?\r\ncontent-length: (\d+)\r\n[\s\S]*?\r\n\r\n/iu;

async function load(order: LoadOrder): Promise<LoadReport> {
  const { hostname, port, pathname } = new URL(order.url);
  const signature = createHmac('sha256', order.secret).update(order.body).digest('hex');
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${String(Buffer.byteLength(order.body))}`,
    'X-GitHub-Event: push',
    `X-Hub-Signature-256: sha256=${signature}`,
  ].join('\r\n');
  const report = {
    accepted: 0,
    refused: {} as Record<string, number>,
    latencies: [] as number[],
    sentAt: {} as Record<string, number>,
  };
  let begun = 0;
  const startedAt = performance.now();
  const due = (index: number): number => (order.rate === undefined ? 0 : startedAt + (index * 1000) / order.rate);
  const worker = async (): Promise<void> => {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    while (begun < order.count) {
      const index = begun++;
      const early = due(index) - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const sentAt = performance.timeOrigin + performance.now();
      const before = performance.now();
      const { status, body } = await exchange(
        socket,
        `${head}\r\nX-GitHub-Delivery: ${randomUUID()}\r\n\r\n${order.body}`,
      );
      report.latencies.push(performance.now() - before);
      if (status === 202) {
        report.accepted += 1;
        report.sentAt[(JSON.parse(body) as { eventId: string }).eventId] = sentAt;
      } else report.refused[status] = (report.refused[status] ?? 0) + 1;
    }
    socket.end();
  };
  await Promise.all(Array.from({ length: order.connections }, worker));
  return { ...report, seconds: (performance.now() - startedAt) / 1000 };
}

function exchange(socket: Socket, request: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (): void => {
      socket.off('data', onData).off('error', onEnd).off('close', onEnd);
    };
    const onEnd = (): void => {
      finish();
      reject(new Error('the server closed the connection before it answered'));
    };
    const onData = (data: Buffer): void => {
      text += data.toString('latin1');
      const match = answerPattern.exec(text);
      if (match === null || text.length < match[0].length + Number(match[2])) return;
      finish();
      resolve({ status: Number(match[1]), body: text.slice(match[0].length) });
    };
    socket.on('data', onData).on('error', onEnd).on('close', onEnd);
    socket.write(request);
  });
}

function once(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => {
      socket.off('error', reject);
      resolve();
    });
    socket.once('error', reject);
  });
}

process.once('message', (order: LoadOrder) => {
  load(order).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
