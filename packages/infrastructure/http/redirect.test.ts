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
  secrets: ['s3cr3t+key/1'],
};
const reading: Hop = { ...hop, method: 'GET', body: undefined };

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
      expect(nextHop(reading, 307, location)?.headers).toEqual({ accept: '*/*', 'content-type': 'text/plain' });
      expect(nextHop(hop, 302, location)?.headers).toEqual({ accept: '*/*' });
    },
  );

  test.each([
    [{ ...hop }, 307],
    [{ ...hop }, 308],
    [{ ...hop, method: 'PUT' }, 302],
    [{ ...hop, method: 'DELETE', body: undefined }, 301],
    [{ ...reading, body: 'text' }, 302],
  ])('does to another origin nothing but read: %j, %i [outbound.redirects-read]', (from, status) => {
    const refused = expect.objectContaining({ code: 'address_refused' }) as Error;
    expect(() => nextHop(from, status, 'https://other.example/')).toThrow(refused);
  });

  test('from http to https of the same host keeps method and body, and no credential', () => {
    const plain = { ...hop, url: new URL('http://api.example/things') };
    expect(nextHop(plain, 308, 'https://api.example/things')).toMatchObject({ method: 'POST', body: 'text' });
    expect(nextHop(plain, 308, 'https://api.example/things')?.headers).not.toHaveProperty('authorization');
    for (const location of [
      'https://api.example:8443/things',
      'https://api.example.evil.example/',
      'http://b.example',
    ]) {
      expect(() => nextHop(plain, 308, location)).toThrow('redirects a POST request');
    }
  });

  test.each(['s3cr3t+key/1', 's3cr3t%2Bkey%2F1', 's3cr3t%2bkey/1', '%733cr3t%2Bkey/1', '%733cr3t+key/1'])(
    'to another origin whose address repeats the credential as %s is refused [outbound.credentials-stay]',
    (shown) => {
      expect(() => nextHop(reading, 302, `https://other.example/?to=${shown}`)).toThrow('with the credential');
      expect(nextHop(reading, 302, `/?to=${shown}`)?.url.origin).toBe('https://api.example');
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
