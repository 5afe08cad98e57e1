import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { groupServices, type NewId, type Service } from '@devmesh/foundation';
import { createConsumer, type Stream } from '@devmesh/infrastructure';
import type { Events } from '../events/index.ts';
import { createDispatcher } from './dispatcher.ts';
import { workLane, type LaneOptions } from './lane.ts';
import { createLanes } from './lanes.ts';
import { deliveryTopic } from './ring.ts';

interface DeliveryWorkerOptions extends Omit<LaneOptions, 'stopping'> {
  readonly events: Events;
  readonly stream: Stream;
  readonly newId: NewId;
  readonly lookEveryMilliseconds?: number;
  /** What requests under way get when the process stops; then they are cut off, and sent again by another. Default 5,000. */
  readonly graceMilliseconds?: number;
}

/** Endpoints that a process works for at once; it mostly waits for their answers. */
const concurrency = 48;
const perTenant = 6;

/** Sends outbound webhooks: a dispatcher that turns events into deliveries, and a consumer that works for the endpoints rung for. */
export function createDeliveryWorker(options: DeliveryWorkerOptions): Service {
  const { stream, telemetry, clock, newId, graceMilliseconds = 5_000 } = options;
  let stopped = false;
  const lane = { ...options, stopping: () => stopped };
  const lanes = createLanes({ perTenant, work: (address, signal) => workLane(lane, address, signal) });
  const consumer = createConsumer({
    stream,
    reader: { topic: deliveryTopic, group: 'worker', consumer: `${hostname()}-${newId()}` },
    telemetry,
    clock,
    concurrency,
    graceMilliseconds,
    handler: ({ tenantId, subjectId }, signal) => {
      // Every request under way listens to this one signal; Node takes more than ten listeners for a leak.
      setMaxListeners(0, signal);
      return lanes({ tenantId, endpointId: subjectId }, signal);
    },
    onPoison: ({ subjectId, deliveries }) => {
      // Only the ring is given up; what is due stays in the rows and is rung for again.
      telemetry.log.warn('working for an endpoint failed repeatedly', { 'webhook.endpoint_id': subjectId, deliveries });
      return Promise.resolve();
    },
  });
  const both = groupServices('deliveries', [consumer, createDispatcher(options)]);
  return {
    ...both,
    stop: () => {
      stopped = true;
      return both.stop();
    },
  };
}
