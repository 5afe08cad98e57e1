import { z } from 'zod';

/** What a test orders: how the next answers of a path fail or wait. */
export const faultSchema = z
  .strictObject({
    path: z.string().startsWith('/').describe('Path it applies to; a final `*` matches every longer path.'),
    method: z.string().toUpperCase().exactOptional().describe('Only this method.'),
    status: z.int().min(300).max(599).exactOptional().describe('Answer this instead of acting.'),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .describe('Headers to add, such as `Retry-After` or `Location`.'),
    delayMilliseconds: z.int().min(0).max(600_000).default(0).describe('Wait before answering.'),
    truncate: z.int().min(0).exactOptional().describe('Break the connection after this many bytes of the body.'),
    times: z.int().min(1).max(1_000_000).default(1).describe('For how many answers.'),
  })
  .describe('A fault for the next answers of a path.');

export type Fault = z.output<typeof faultSchema>;

/** The faults that wait for a request. */
export interface Faults {
  add(fault: Fault): void;
  /** The oldest fault that applies, counted down; undefined when the answer shall be the true one. */
  take(method: string, path: string): Fault | undefined;
  /** Faults that still wait, with the answers left to each. */
  list(): readonly Fault[];
  clear(): void;
}

/** An empty list of faults. */
export function createFaults(): Faults {
  let waiting: Fault[] = [];
  return {
    add: (fault) => {
      waiting.push({ ...fault });
    },
    take: (method, path) => {
      const fault = waiting.find((candidate) => applies(candidate, method, path));
      if (fault === undefined) return undefined;
      fault.times -= 1;
      waiting = waiting.filter((candidate) => candidate.times > 0);
      return fault;
    },
    list: () => waiting.map((fault) => ({ ...fault })),
    clear: () => {
      waiting = [];
    },
  };
}

function applies(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  return fault.path.endsWith('*') ? path.startsWith(fault.path.slice(0, -1)) : path === fault.path;
}
