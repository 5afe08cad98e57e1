import type { MeshEvent } from '@devmesh/api';

/** An event of the feed, or one that is made up for a test. */
type Sent = Omit<MeshEvent, 'cursor' | 'type'> & { readonly type: string };

/** An event as it is sent: `type`, `timestamp` and `data`, as Standard Webhooks recommends. Made once; every attempt sends the same text. */
export function payloadOf(tenantId: string, event: Sent): string {
  const { type, at, subjectId, agentId, summary, traceId, data } = event;
  return JSON.stringify({
    type,
    timestamp: at,
    data: { organizationId: tenantId, subjectId, agentId, summary, traceId, detail: data },
  });
}
