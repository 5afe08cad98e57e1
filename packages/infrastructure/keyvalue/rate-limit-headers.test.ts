import { expect, test } from 'vitest';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import type { PolicyState } from './rate-limit.ts';

const tenant: PolicyState = {
  policy: 'tenant',
  limit: 100,
  windowSeconds: 60,
  allowed: true,
  remaining: 42,
  resetSeconds: 0,
  fullSeconds: 35,
};
const tool: PolicyState = { ...tenant, policy: 'tool', limit: 5, allowed: false, remaining: 0, resetSeconds: 9 };

test('every limit is told with its policy, and a wait only where one refused [keyvalue.rate-headers]', () => {
  expect(rateLimitHeaders([tenant])).toEqual({
    'RateLimit-Policy': '"tenant";q=100;w=60',
    RateLimit: '"tenant";r=42;t=35',
  });
  expect(rateLimitHeaders([tenant, tool, { ...tool, policy: 'agent', resetSeconds: 12 }])).toEqual({
    'RateLimit-Policy': '"tenant";q=100;w=60, "tool";q=5;w=60, "agent";q=5;w=60',
    RateLimit: '"tenant";r=42;t=35, "tool";r=0;t=35, "agent";r=0;t=35',
    'Retry-After': '12',
  });
  expect(rateLimitHeaders([])).toEqual({});
});

test('numbers are whole and text is ASCII, as structured fields demand', () => {
  const odd = { ...tool, policy: 'a "b" \\ ü\n', limit: 1e20, windowSeconds: 0.2, resetSeconds: 0 };
  expect(rateLimitHeaders([odd])).toEqual({
    'RateLimit-Policy': String.raw`"a \"b\" \\ ??";q=999999999999999;w=1`,
    RateLimit: String.raw`"a \"b\" \\ ??";r=0;t=35`,
    'Retry-After': '1',
  });
});
