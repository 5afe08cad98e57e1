import { toMeshError, type Telemetry } from '@devmesh/foundation';
import type { Stream } from '@devmesh/infrastructure';

/** The stream that tells workers which endpoint has something due. */
export const deliveryTopic = 'deliveries';

interface RingOptions {
  readonly stream: Stream;
  readonly telemetry: Telemetry;
}

/** Rings for an endpoint whose deliveries are committed; a failure is logged and made up for by the next look at the rows. */
export async function ring(
  { stream, telemetry }: RingOptions,
  { tenantId, endpointId }: { readonly tenantId: string; readonly endpointId: string },
): Promise<void> {
  const traceparent = telemetry.tracer.traceparent();
  try {
    await stream.append(deliveryTopic, [{ tenantId, kind: 'deliver', subjectId: endpointId, traceparent }]);
  } catch (error) {
    telemetry.log.warn('a ring for a delivery failed; it is rung for again', {
      'webhook.endpoint_id': endpointId,
      'error.code': toMeshError(error).code,
    });
  }
}
