import { expect, test } from 'vitest';
import { readinessResponse } from './readiness.ts';

test('a load balancer reads from the status whether requests are wanted, and nobody keeps the answer', async () => {
  expect(readinessResponse({ ready: true }).status).toBe(200);
  const refused = readinessResponse({ ready: false, reason: 'it is stopping' });
  expect([refused.status, refused.headers.get('cache-control')]).toEqual([503, 'no-store']);
  expect(await refused.json()).toEqual({ ready: false, reason: 'it is stopping' });
});
