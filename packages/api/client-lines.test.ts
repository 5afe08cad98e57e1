import { describe, expect, it } from 'vitest';
import { clientLines } from './client-lines.ts';

describe('lines to connect a client', () => {
  const lines = clientLines({ gatewayUrl: 'https://mesh.example:8443', key: 'dm_user_k' });

  it('carry the address and the key for every client', () => {
    for (const { text } of lines) {
      expect(text).toMatch(/(https|wss):\/\/mesh\.example:8443\/(mcp|ws)/u);
      expect(text).toContain('dm_user_k');
    }
  });

  it('are valid JSON where they belong into a file', () => {
    const files = lines.filter(({ file }) => file !== undefined);
    expect(files).not.toEqual([]);
    for (const { text } of files) expect(() => JSON.parse(text) as unknown).not.toThrow();
  });
});
