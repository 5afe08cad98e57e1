import { describe, expect, it } from 'vitest';
import { readReturnPath } from './return-path.ts';

const search = (path: string): { search: string } => ({
  search: `?${new URLSearchParams({ return: path }).toString()}`,
});

describe('the way on after signing in', () => {
  it('leads to the page that asks for consent', () => {
    expect(readReturnPath(search('/oauth/authorize?client_id=x&state=a%26b'))).toBe(
      '/oauth/authorize?client_id=x&state=a%26b',
    );
  });

  it('leads back to the end of a consent at a provider', () => {
    const path = '/api/v1/connections/callback?state=x&code=a%26b';
    expect(readReturnPath(search(path))).toBe(path);
  });

  it.each([
    '',
    '/',
    '//evil.example/oauth/authorize?x',
    'https://evil.example/oauth/authorize?x',
    '/\\evil.example/oauth/authorize?x',
    'javascript:alert(1)//oauth/authorize?x',
    '/oauth/authorized?x',
    '/oauth/../oauth/authorize?x',
    ' /oauth/authorize?x',
    '/api/v1/connections/callback',
    '/api/v1/connections/callback/../x?y',
    '//evil.example/api/v1/connections/callback?x',
  ])('leads nowhere else: %j', (path) => {
    expect(readReturnPath(search(path))).toBeUndefined();
  });
});
