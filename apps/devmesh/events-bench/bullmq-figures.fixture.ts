import { Queue, Worker } from 'bullmq';

/** What a bare queue moves in a second, with nothing to do for a job. */
export interface QueueFigures {
  readonly addedPerSecond: number;
  readonly workedPerSecond: number;
}

const atOnce = 64;

/** Adds jobs one by one from as many callers as the webhooks have senders, then works them off with as many at once. */
export async function moveThroughBullmq(redisUrl: string, prefix: string, count: number): Promise<QueueFigures> {
  const connection = { url: redisUrl, maxRetriesPerRequest: null };
  const queue = new Queue('bench', { connection, prefix: `{${prefix}bullmq}` });
  try {
    const added = await timed(() => addAll(queue, count));
    const worked = await timed(() => workAll(connection, { prefix: `{${prefix}bullmq}`, count }));
    return { addedPerSecond: count / added, workedPerSecond: count / worked };
  } finally {
    await queue.obliterate({ force: true });
    await queue.close();
  }
}

async function addAll(queue: Queue, count: number): Promise<void> {
  let left = count;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await queue.add('event', { event: 'push', ref: 'refs/heads/main' }, { removeOnComplete: true });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
}

async function workAll(
  connection: { readonly url: string; readonly maxRetriesPerRequest: null },
  { prefix, count }: { readonly prefix: string; readonly count: number },
): Promise<void> {
  let done = 0;
  let worker: Worker | undefined;
  await new Promise<void>((resolve, reject) => {
    worker = new Worker('bench', () => Promise.resolve(), { connection, prefix, concurrency: atOnce });
    worker.on('completed', () => {
      done += 1;
      if (done === count) resolve();
    });
    worker.on('error', reject);
  });
  await worker?.close();
}

/** Seconds that the work took. */
async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
