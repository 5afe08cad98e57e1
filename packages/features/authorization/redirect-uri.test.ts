import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostOfRedirect, isAllowedRedirectUri, matchesRedirectUri } from './redirect-uri.ts';

describe('redirect URIs', () => {
  it.each([
    'https://app.example.com/callback',
    'https://app.example.com/callback?from=mesh',
    'https://app.example.com',
    'http://127.0.0.1/callback',
    'http://127.0.0.1:4711/callback',
    'http://[::1]:4711/callback',
    'http://localhost:4711/callback',
  ])('allows %s', (uri) => {
    expect(isAllowedRedirectUri(uri)).toBe(true);
  });

  it.each([
    'http://app.example.com/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://localhost.evil.example/callback',
    'https://app.example.com/callback#fragment',
    'https://app.example.com/callback#',
    'https://user@app.example.com/callback',
    'https://user:password@app.example.com/callback',
    'https://app.example.com/a/../callback',
    'https://app.example.com/a/%2e%2e/callback',
    'https://APP.example.com/callback',
    'HTTPS://app.example.com/callback',
    'https://app.example.com:443/callback',
    'https:/app.example.com/callback',
    'https:\\\\app.example.com/callback',
    'https://app.example.com\\@evil.example/callback',
    'https://app.example.com/call back',
    'https://app.example.com/\ncallback',
    '//app.example.com/callback',
    '/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'cursor://anysphere/callback',
    'file:///etc/passwd',
    'http://0x7f000001/callback',
    'http://127.1/callback',
    'http://0.0.0.0/callback',
    '',
    `https://app.example.com/${'a'.repeat(512)}`,
  ])('refuses %j', (uri) => {
    expect(isAllowedRedirectUri(uri)).toBe(false);
    expect(matchesRedirectUri([uri], uri)).toBe(false);
  });

  const registered = ['https://app.example.com/callback', 'http://127.0.0.1:3000/callback'];

  it.each([
    'https://app.example.com/callback',
    'http://127.0.0.1:3000/callback',
    'http://127.0.0.1:65535/callback',
    'http://127.0.0.1/callback',
  ])('takes %s for a registered one', (uri) => {
    expect(matchesRedirectUri(registered, uri)).toBe(true);
  });

  it.each([
    'https://app.example.com/callback/',
    'https://app.example.com/callback/more',
    'https://app.example.com/callbackevil',
    'https://app.example.com/callback?code=1',
    'https://app.example.com/Callback',
    'https://app.example.com:8443/callback',
    'https://app.example.com.evil.example/callback',
    'https://evil.example/callback',
    'http://app.example.com/callback',
    'http://localhost:3000/callback',
    'http://[::1]:3000/callback',
    'http://127.0.0.1:3000/callback2',
    'http://127.0.0.1:3000/callback?x=1',
    'http://127.0.0.1:3000/',
    'https://127.0.0.1:3000/callback',
  ])('takes %s for none that is registered', (uri) => {
    expect(matchesRedirectUri(registered, uri)).toBe(false);
  });

  it('lets nothing but the port of a loopback address differ', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['https'] }), fc.webUrl({ validSchemes: ['https'] }), (one, other) => {
        expect(matchesRedirectUri([one], other)).toBe(one === other && isAllowedRedirectUri(one));
      }),
    );
  });

  it('shows people the host, with its port', () => {
    expect(hostOfRedirect('http://127.0.0.1:3000/callback')).toBe('127.0.0.1:3000');
    expect(hostOfRedirect('https://app.example.com/callback')).toBe('app.example.com');
  });
});
