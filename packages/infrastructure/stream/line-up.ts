import type { Delivery } from './port.ts';

/** Deliveries that one run of the handler settles: the first is handed to it, the others say the same. */
export interface Job {
  readonly subject: string;
  readonly tenantId: string;
  readonly deliveries: Delivery[];
  readonly joinable: boolean;
}

interface LineUpOptions {
  /** Jobs at once. */
  readonly concurrency: number;
  /** Jobs of one tenant at once. */
  readonly tenantShare: number;
  /** Whether the delivery is to run for itself. */
  readonly alone: (delivery: Delivery) => boolean;
}

/** Which jobs may begin: never two for one subject, never more of a tenant than its share. Others wait in line. */
export interface LineUp {
  add(delivery: Delivery): void;
  /** The next job that may begin now; it counts as begun. */
  begin(): Job | undefined;
  end(job: Job): void;
  /** Deliveries that have not begun; they are in the line no more. */
  clear(): readonly Delivery[];
  /** How many more jobs may begin, if they are of the right tenants. */
  free(): number;
  /** Tenants that have as much begun or waiting as they may. */
  full(): readonly string[];
  /** How many jobs have not begun. */
  waiting(): number;
}

/** A subject that is rung for over and over is not joined without end. */
const mostJoined = 100;

/** An empty line. */
export function createLineUp({ concurrency, tenantShare, alone }: LineUpOptions): LineUp {
  const begun = new Map<string, Job>();
  let line: readonly Job[] = [];
  const jobsOf = (jobs: Iterable<Job>, tenantId: string): number =>
    [...jobs].filter((job) => job.tenantId === tenantId).length;
  const mayBegin = (job: Job): boolean => !begun.has(job.subject) && jobsOf(begun.values(), job.tenantId) < tenantShare;
  return {
    add: (delivery) => {
      const subject = JSON.stringify([delivery.tenantId, delivery.kind, delivery.subjectId]);
      const joinable = !alone(delivery);
      const same = line.find(
        (job) => joinable && job.joinable && job.subject === subject && job.deliveries.length < mostJoined,
      );
      if (same === undefined) {
        line = [...line, { subject, tenantId: delivery.tenantId, deliveries: [delivery], joinable }];
      } else same.deliveries.push(delivery);
    },
    begin: () => {
      if (begun.size >= concurrency) return undefined;
      const next = line.find(mayBegin);
      if (next === undefined) return undefined;
      line = line.filter((job) => job !== next);
      begun.set(next.subject, next);
      return next;
    },
    end: (job) => {
      begun.delete(job.subject);
    },
    clear: () => {
      const left = line.flatMap(({ deliveries }) => deliveries);
      line = [];
      return left;
    },
    free: () => concurrency - begun.size,
    full: () => {
      const jobs = [...begun.values(), ...line];
      const tenants = new Set(jobs.map(({ tenantId }) => tenantId));
      const crowded = line.filter(({ deliveries }) => deliveries.length >= mostJoined);
      return [...tenants].filter((tenantId) => jobsOf(jobs, tenantId) >= tenantShare || jobsOf(crowded, tenantId) > 0);
    },
    waiting: () => line.length,
  };
}
