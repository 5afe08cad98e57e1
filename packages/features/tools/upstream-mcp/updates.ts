import { toMeshError } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import type { ToolsOptions } from '../options.ts';
import type { UpstreamTarget } from './target.ts';
import { wrapUri } from './uris.ts';

/** Tells the feed of resources that changed. */
export interface Updates {
  heard(target: Pick<UpstreamTarget, 'tenantId' | 'toolId' | 'service'>, uri: string): void;
}

/** A resource that changes all the time is told of this often. */
const quietMilliseconds = 1_000;
const longestUri = 2_000;

/** Builds it; of many changes of one resource at once it tells of the first and, after a pause, of the last. */
export function createUpdates({
  database,
  events,
  telemetry,
}: Pick<ToolsOptions, 'database' | 'events' | 'telemetry'>): Updates {
  const waiting = new LRUCache<string, { again: boolean }>({ max: 2_000 });
  const publish: Updates['heard'] = ({ tenantId, toolId, service }, uri) => {
    void database
      .tenant(tenantId, (tx) =>
        events.publish(tx, {
          type: 'tool.resource_updated',
          subjectId: toolId,
          summary: `A resource of ${service} changed`,
          data: { name: service, uri: wrapUri(service, uri) },
        }),
      )
      .catch((error: unknown) => {
        telemetry.log.warn('the change of a resource could not be told', { 'error.code': toMeshError(error).code });
      });
  };
  const tell: Updates['heard'] = (target, uri) => {
    const key = `${target.toolId} ${uri}`;
    const pending = waiting.get(key);
    if (pending !== undefined) {
      pending.again = true;
      return;
    }
    const entry = { again: false };
    waiting.set(key, entry);
    publish(target, uri);
    setTimeout(() => {
      waiting.delete(key);
      if (entry.again) tell(target, uri);
    }, quietMilliseconds).unref();
  };
  return {
    heard: (target, uri) => {
      if (uri.length <= longestUri) tell(target, uri);
    },
  };
}
