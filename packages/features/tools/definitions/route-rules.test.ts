import { describe, expect, it } from 'vitest';
import { firstRule, type RouteRule } from './route-rules.ts';

const operation = { method: 'post', path: '/issues', tags: ['issues', 'beta'] };

describe('a route rule', () => {
  it('makes nothing a resource that changes something [tools.route-rules]', () => {
    const rules: readonly RouteRule[] = [
      { path: '/issues', as: 'resource' },
      { path: '/issues', as: 'excluded' },
    ];
    expect(firstRule(rules, operation)?.as).toBe('excluded');
    expect(firstRule(rules, { ...operation, method: 'GET' })?.as).toBe('resource');
  });

  it('fits an operation that has one of its tags [tools.route-rules]', () => {
    expect(firstRule([{ tags: ['beta', 'old'], as: 'excluded' }], operation)?.as).toBe('excluded');
    expect(firstRule([{ tags: ['old'], as: 'excluded' }], operation)).toBeUndefined();
    expect(firstRule([{ tags: [], as: 'excluded' }], operation)).toBeUndefined();
  });
});
