import { createDeliveryLog, type DeliveryLog, type DeliveryLogOptions } from './delivery-log.ts';
import { createEndpoints, type Endpoints, type EndpointsOptions } from './endpoints.ts';

/** Outbound webhooks: where they go, and what became of each. */
export interface Deliveries {
  readonly endpoints: Endpoints;
  readonly log: DeliveryLog;
}

/** Builds the outbound webhooks. */
export function createDeliveries(options: EndpointsOptions & DeliveryLogOptions): Deliveries {
  return { endpoints: createEndpoints(options), log: createDeliveryLog(options) };
}
