import { describe, expect, test } from 'vitest';
import { nextHop, type Hop } from './redirect.ts';

const hop: Hop = {
  url: new URL('https://api.example/things?key=1'),
  method: 'POST',
  headers: {
    authorization: 'Bearer k',
    cookie: 'c',
    'private-token': 't',
    accept: '*/*',
    'content-type': 'text/plain',
  },
  body: 'text',
};

describe('following a redirect', () => {
  test.each([301, 302, 303])('%i turns POST into GET and leaves the body behind', (status) => {
    const next = nextHop(hop, status, '/other');
    expect(next).toMatchObject({ method: 'GET', body: undefined });
    expect(next?.url.href).toBe('https://api.example/other');
    expect(next?.headers).not.toHaveProperty('content-type');
    expect(next?.headers).toHaveProperty('authorization');
  });

  test.each([307, 308])('%i keeps method and body', (status) => {
    expect(nextHop(hop, status, '/other')).toMatchObject({ method: 'POST', body: 'text' });
  });

  test.each(['https://other.example/', 'https://api.example:8443/', '//other.example/x'])(
    'to another origin (%s) takes no credential along, whatever its header is called [outbound.credentials-stay]',
    (location) => {
      expect(nextHop(hop, 307, location)?.headers).toEqual({ accept: '*/*', 'content-type': 'text/plain' });
    },
  );

  test.each([
    ['http://api.example/', 'address_refused'],
    ['file:///etc/passwd', 'address_refused'],
    ['javascript:alert(1)', 'address_refused'],
    ['https://user:pass@api.example/', 'address_refused'],
    ['https://[broken/', 'upstream_failed'],
  ])('to %s fails with %s', (location, code) => {
    expect(() => nextHop(hop, 302, location)).toThrow(expect.objectContaining({ code }));
  });

  test.each([200, 300, 304, 305, 404])('%i is an answer, not a redirect', (status) => {
    expect(nextHop(hop, status, '/other')).toBeUndefined();
  });

  test('without a location is an answer', () => {
    expect(nextHop(hop, 302, undefined)).toBeUndefined();
  });
});
