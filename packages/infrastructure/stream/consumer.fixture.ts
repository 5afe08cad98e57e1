import { randomUUID } from 'node:crypto';
import { silentTelemetry, type Service } from '@devmesh/foundation';
import { openTestDatabase } from '@devmesh/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { openDatabaseBell } from '../bell/database.ts';
import type { Database } from '../database/port.ts';
import { createConsumer, type ConsumerOptions } from './consumer.ts';
import { openDatabaseStream } from './database.ts';
import type { Delivery, Reader, Stream } from './port.ts';

/** A stream in a database for a file of tests, and a topic for each test. */
export interface ConsumerScene {
  readonly stream: () => Stream;
  readonly reader: () => Reader;
  /** Each subject is of a tenant of its own, and their turns come in the order given. */
  readonly append: (...subjects: string[]) => Promise<void>;
  readonly appendFor: (tenantId: string, ...subjects: string[]) => Promise<void>;
  readonly claimNow: (by: Reader) => Promise<readonly Delivery[]>;
  /** Starts a consumer that is stopped after the test. */
  readonly start: (options: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'handler'>) => Promise<Service>;
  /** Resolves when everything is acknowledged. */
  readonly settled: () => Promise<void>;
}

/** Prepares the scene for the tests of a file. */
export function consumerScene(): ConsumerScene {
  const { log } = silentTelemetry;
  let database: Database;
  let stream: Stream;
  let reader: Reader;
  let services: Service[];
  beforeAll(async () => {
    database = await openTestDatabase();
    stream = openDatabaseStream({ database, bell: openDatabaseBell({ database, log }), log });
  });
  afterAll(async () => {
    await stream.close();
    await database.close();
  });
  beforeEach(() => {
    reader = { topic: `test-${randomUUID().slice(0, 13)}`, group: 'group', consumer: 'consumer' };
    services = [];
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.stop()));
  });
  return {
    stream: () => stream,
    reader: () => reader,
    append: (...subjects) =>
      stream.append(
        reader.topic,
        subjects.map((subjectId, at) => ({ tenantId: tenantOf(at), kind: 'test', subjectId })),
      ),
    appendFor: (tenantId, ...subjects) =>
      stream.append(
        reader.topic,
        subjects.map((subjectId) => ({ tenantId, kind: 'test', subjectId })),
      ),
    claimNow: (by) => stream.claim(by, { count: 1, idleMilliseconds: 0 }),
    start: async (options) => {
      const service = createConsumer({
        stream,
        reader,
        onPoison: refusePoison,
        telemetry: silentTelemetry,
        ...options,
      });
      services.push(service);
      await service.start();
      return service;
    },
    settled: async () => {
      await expect
        .poll(() => stream.backlog(reader.topic, reader.group), { timeout: 10_000 })
        .toEqual({ waiting: 0, held: 0 });
    },
  };
}

/** A tenant; one with a higher number comes later. */
export function tenantOf(number: number): string {
  return `018f0000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

function refusePoison(): Promise<void> {
  return Promise.reject(new Error('nothing was to be poison here'));
}

/** Something that handlers wait for until the test lets them go on. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open?.() };
}
