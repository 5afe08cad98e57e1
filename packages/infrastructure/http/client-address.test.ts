import { describe, expect, it } from 'vitest';
import { blockOf, createClientAddress, noteConnection } from './client-address.ts';

function from(connection: string | undefined, forwarded?: string): Request {
  const request = new Request(
    'http://mesh.example/',
    forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } },
  );
  noteConnection(request, connection);
  return request;
}

describe('the address of a client', () => {
  const open = createClientAddress({ trustedProxies: [] });
  const behind = createClientAddress({ trustedProxies: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'] });

  it('is that of the connection, whatever the request claims', () => {
    expect(open(from('203.0.113.9'))).toBe('203.0.113.9');
    expect(open(from('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9');
    expect(behind(from('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9');
  });

  it.each([
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['fd12::1', '2001:db8::1', '2001:db8::1'],
    ['192.0.2.7', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '198.51.100.1, rubbish', '10.1.2.3'],
    ['10.1.2.3', 'rubbish, 198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['192.0.2.8', '198.51.100.1', '192.0.2.8'],
    ['10.1.2.3', '10.4.4.4', '10.4.4.4'],
  ])('from %s with X-Forwarded-For %j behind trusted proxies is %s', (connection, forwarded, expected) => {
    expect(behind(from(connection, forwarded))).toBe(expected);
  });

  it('is unknown where there is no connection', () => {
    expect(behind(from(undefined, '198.51.100.1'))).toBeUndefined();
  });

  it.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/', '10.0.0/8', ''])(
    'does not take %j for a network',
    (entry) => {
      expect(() => createClientAddress({ trustedProxies: [entry] })).toThrow('TRUSTED_PROXIES');
    },
  );

  it('counts a /64 as one client', () => {
    expect(blockOf('2001:db8:1:2:3:4:5:6')).toBe(blockOf('2001:db8:1:2::1'));
    expect(blockOf('2001:db8:1:3::1')).not.toBe(blockOf('2001:db8:1:2::1'));
    expect(blockOf('203.0.113.9')).toBe('203.0.113.9');
  });
});
