/** Rung when the lists of a server changed, or a server was registered. */
export const changeChannel = 'upstream_changes';

interface Server {
  readonly tenantId: string;
  readonly toolId: string;
}

/** Which server a ring is about. */
export function changePayload({ tenantId, toolId }: Server): string {
  return `${tenantId} ${toolId}`;
}

/** Reads a ring; undefined where it is none of ours. */
export function readChange(payload: string): Server | undefined {
  const [tenantId, toolId] = payload.split(' ');
  return tenantId === undefined || toolId === undefined ? undefined : { tenantId, toolId };
}
