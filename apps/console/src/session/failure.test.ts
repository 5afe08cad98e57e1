import { MeshError } from '@devmesh/api';
import { describe, expect, it } from 'vitest';
import { describeFailure, isPassing, isRefusedKey, issueOf } from './failure.ts';

describe('failures in words', () => {
  it('tell what happened, the code, what to do next and how long to wait', () => {
    const failure = describeFailure(new MeshError('rate_limited', 'Too many.', { retryAfterSeconds: 2.4 }));
    expect(failure).toMatchObject({ code: 'rate_limited', detail: 'Too many.' });
    expect(failure.next).toMatch(/Wait 3 s\.$/u);
  });

  it('never hide a failure of the console itself', () => {
    expect(describeFailure(new TypeError('x is undefined')).detail).toBe('x is undefined');
  });

  it('tell a key that is refused from a platform that is away', () => {
    const refused = new MeshError('unauthenticated', '');
    const away = new MeshError('unavailable', '');
    expect([isRefusedKey(refused), isRefusedKey(away)]).toEqual([true, false]);
    expect([isPassing(refused), isPassing(away)]).toEqual([false, true]);
  });

  it('find the problem of a field and of what lies inside it, not of its namesakes', () => {
    const issues = [
      { path: 'body.rules.0.event', message: 'too long' },
      { path: 'body.names', message: 'other' },
    ];
    const error = new MeshError('invalid_request', '', { issues });
    expect(issueOf(error, 'rules')).toBe('too long');
    expect(issueOf(error, 'name')).toBeUndefined();
  });
});
