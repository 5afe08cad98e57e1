import { toMeshError, type Telemetry } from '@devmesh/foundation';
import type { Stream } from '@devmesh/infrastructure';

/** The stream that tells rag-loaders where to look. */
export const indexingTopic = 'indexing';

interface RingOptions {
  readonly stream: Stream;
  readonly telemetry: Telemetry;
}

/** Rings for a committed repository; a failure is logged and made up for by the sweeper. */
export async function ring({ stream, telemetry }: RingOptions, tenantId: string, repositoryId: string): Promise<void> {
  try {
    const traceparent = telemetry.tracer.traceparent();
    await stream.append(indexingTopic, [{ tenantId, kind: 'index', subjectId: repositoryId, traceparent }]);
  } catch (error) {
    telemetry.log.warn('a ring for a repository failed; the sweeper will ring again', {
      'repository.id': repositoryId,
      'error.code': toMeshError(error).code,
    });
  }
}
