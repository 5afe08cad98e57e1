import type { Readiness } from '@devmesh/foundation';

/** What a load balancer asks for: 200 while requests are wanted, 503 while they are not. */
export function readinessResponse(readiness: Readiness): Response {
  return Response.json(readiness, { status: readiness.ready ? 200 : 503, headers: { 'cache-control': 'no-store' } });
}
