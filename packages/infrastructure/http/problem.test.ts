import { errorTable, MeshError, type ErrorCode } from '@devmesh/foundation';
import { describe, expect, test } from 'vitest';
import { problemResponse } from './problem.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

function retryAfter(options: { readonly retryAfterSeconds?: number }): string | null {
  return problemResponse(new MeshError('rate_limited', 'Slow down.', options)).headers.get('retry-after');
}

describe('the HTTP answer for an error', () => {
  test.each(codes)('%s is problem+json with the status of the table', async (code) => {
    const response = problemResponse(new MeshError(code, 'It failed.'), { traceId: 'abc' });
    expect(response.status).toBe(errorTable[code].status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    await expect(response.json()).resolves.toMatchObject({ code, detail: 'It failed.', traceId: 'abc' });
    expect(response.headers.has('www-authenticate')).toBe(response.status === 401);
  });

  test('says when to try again, in whole seconds', () => {
    expect([2.1, 0].map((retryAfterSeconds) => retryAfter({ retryAfterSeconds }))).toEqual(['3', '1']);
    expect(retryAfter({})).toBe('1');
    expect(problemResponse(new MeshError('not_found', 'No.')).headers.has('retry-after')).toBe(false);
  });

  test('carries the challenge it was given', () => {
    const challenge = 'Bearer resource_metadata="https://mesh.example/x"';
    const response = problemResponse(new MeshError('unauthenticated', 'No key.'), { challenge });
    expect(response.headers.get('www-authenticate')).toBe(challenge);
  });
});
