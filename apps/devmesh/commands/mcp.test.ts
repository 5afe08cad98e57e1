import { describe, expect, it } from 'vitest';
import { clientConfig, readEndpoint } from './mcp.ts';

describe('devmesh mcp', () => {
  it.each([
    [{ url: 'http://mesh.example' }, 'ws://mesh.example/ws?names=underscored'],
    [{ url: 'https://mesh.example:8443/' }, 'wss://mesh.example:8443/ws?names=underscored'],
    [{ url: 'https://mesh.example/team/mcp' }, 'wss://mesh.example/team/ws?names=underscored'],
    [{ url: 'https://mesh.example/mcp/sets/notes' }, 'wss://mesh.example/ws/sets/notes?names=underscored'],
    [{ url: 'wss://mesh.example/ws', set: 'a b' }, 'wss://mesh.example/ws/sets/a%20b?names=underscored'],
    [{ url: 'http://m/mcp/meta?names=dotted', mode: 'ide' }, 'ws://m/ws/meta?names=dotted&mode=ide'],
    [{ url: 'http://mcp.example/mcp', names: 'dotted' }, 'ws://mcp.example/ws?names=dotted'],
  ])('finds the endpoint that %o means', (given, address) => {
    expect(readEndpoint(given).href).toBe(address);
  });

  it('says what an address looks like where it was given none', () => {
    expect(() => readEndpoint({ url: 'mesh.example' })).toThrow(/http:\/\/host:port/u);
  });

  it('prints what starts it from any folder, without a key', () => {
    const config = JSON.parse(clientConfig({ url: 'http://m', set: 'notes' })) as {
      readonly mcpServers: { readonly devmesh: { readonly args: readonly string[]; readonly env: object } };
    };
    const { args, env } = config.mcpServers.devmesh;
    expect(args.slice(-5)).toEqual(['mcp', '--url', 'http://m', '--set', 'notes']);
    expect(env).toEqual({ DEVMESH_KEY: 'dm_…' });
  });
});
