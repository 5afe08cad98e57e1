import { AsyncResource } from 'node:async_hooks';
import { MeshError } from '@devmesh/foundation';

/** How a group commit works. */
export interface GroupCommitOptions<Item, Result> {
  /** Commits items of one group together; resolves, after the commit, with a result for each of them in order. */
  readonly commit: (group: string, items: readonly Item[]) => Promise<readonly Result[]>;
  readonly bytesOf: (item: Item) => number;
  /** Whether a failure may be the fault of one item, so that the others deserve a try without it. */
  readonly mayBeOneItem: (error: unknown) => boolean;
  /** Most items and bytes of one transaction; one item always fits. */
  readonly maximumItems: number;
  readonly maximumBytes: number;
  /** Groups that commit at the same time. */
  readonly parallel: number;
  /** How long the first of a group waits for others, where nobody waits for it. Default 0. */
  readonly lingerMilliseconds?: number;
}

/** An item on its way. */
interface Submission<Result> {
  /** Resolves once the item is committed. */
  readonly result: Promise<Result>;
  /** Nobody waits for it any longer: it is left out unless its transaction has begun. */
  withdraw(): void;
}

/** Commits what arrives together in one transaction: while one of a group is in flight, the group's items queue for the next. */
export interface GroupCommit<Item, Result> {
  submit(group: string, item: Item): Submission<Result>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Builds a group commit. */
export function createGroupCommit<Item, Result>(options: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  const queues = new Map<string, Set<Waiting<Item, Result>>>();
  /** Groups that wait for one of the parallel transactions; first come, first served. */
  const ready = new Set<string>();
  const running = new Set<string>();
  // The work belongs to no single arrival, so it must not carry on the trace of the one that set it off.
  const detached = new AsyncResource('group-commit');

  const run = async (group: string): Promise<void> => {
    running.add(group);
    await settle(options, group, takeBatch(options, queues.get(group) ?? new Set()));
    running.delete(group);
    const left = queues.get(group)?.size ?? 0;
    if (left === 0) queues.delete(group);
    else begin(group, left);
    pump();
  };
  /** Lets a group commit: at once, or when its first has waited long enough. */
  const begin = (group: string, waiting: number): void => {
    const { lingerMilliseconds = 0, maximumItems } = options;
    if (lingerMilliseconds === 0 || waiting >= maximumItems) ready.add(group);
    else {
      setTimeout(() => {
        if (!running.has(group) && queues.has(group)) ready.add(group);
        pump();
      }, lingerMilliseconds);
    }
  };
  const pump = (): void => {
    for (const group of ready) {
      if (running.size >= options.parallel) return;
      ready.delete(group);
      void run(group);
    }
  };

  return {
    submit: (group, item) => {
      const queue = queues.get(group) ?? new Set();
      queues.set(group, queue);
      let withdraw = (): void => undefined;
      const result = new Promise<Result>((resolve, reject) => {
        const waiting = { item, resolve, reject };
        queue.add(waiting);
        withdraw = () => {
          if (queue.delete(waiting)) reject(new MeshError('unavailable', 'It was withdrawn before it was committed.'));
        };
      });
      detached.runInAsyncScope(() => {
        const { size } = queue;
        if (!running.has(group) && (size === 1 || size >= options.maximumItems)) begin(group, size);
        pump();
      });
      return { result, withdraw };
    },
  };
}

type Batch<Item, Result> = readonly Waiting<Item, Result>[];

function takeBatch<Item, Result>(
  { maximumItems, maximumBytes, bytesOf }: GroupCommitOptions<Item, Result>,
  queue: Set<Waiting<Item, Result>>,
): Batch<Item, Result> {
  const batch: Waiting<Item, Result>[] = [];
  let bytes = 0;
  for (const waiting of queue) {
    bytes += bytesOf(waiting.item);
    if (batch.length > 0 && (batch.length >= maximumItems || bytes > maximumBytes)) break;
    queue.delete(waiting);
    batch.push(waiting);
  }
  return batch;
}

/** Never rejects: every item of the batch gets its result or an error. */
async function settle<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
  group: string,
  batch: Batch<Item, Result>,
): Promise<void> {
  if (batch.length === 0) return;
  try {
    const results = await options.commit(
      group,
      batch.map(({ item }) => item),
    );
    if (results.length !== batch.length) throw new MeshError('internal', 'A batch gave too few or too many results.');
    for (const [index, result] of results.entries()) batch[index]?.resolve(result);
  } catch (error) {
    if (batch.length === 1 || !options.mayBeOneItem(error)) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await settle(options, group, batch.slice(0, half));
    await settle(options, group, batch.slice(half));
  }
}
