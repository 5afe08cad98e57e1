import { describe, expect, it } from 'vitest';
import { clientLines } from './client-lines.ts';
import { defaultGatewayOrigin, readOrigin } from './gateway-origin.ts';

describe('lines to connect a client', () => {
  const lines = clientLines('https://mesh.example:8443', 'dm_user_k');

  it('carry the address and the key for every client', () => {
    for (const { text } of lines) {
      expect(text).toMatch(/(https|wss):\/\/mesh\.example:8443\/(mcp|ws)/u);
      expect(text).toContain('dm_user_k');
    }
  });

  it('are valid JSON where they belong into a file', () => {
    const files = lines.filter(({ file }) => file !== undefined);
    expect(files).toHaveLength(2);
    for (const { text } of files) expect(text).toContain('Bearer dm_user_k');
    for (const { text } of files) expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it('use the gateway of this host unless another http address is typed', () => {
    expect(defaultGatewayOrigin({ protocol: 'http:', hostname: '10.0.0.5' })).toBe('http://10.0.0.5:8080');
    expect(readOrigin('https://mesh.example/mcp?x')).toBe('https://mesh.example');
    expect([readOrigin('mesh'), readOrigin('javascript:alert(1)')]).toEqual([undefined, undefined]);
  });
});
