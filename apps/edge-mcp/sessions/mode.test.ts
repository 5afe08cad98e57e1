import { describe, expect, it } from 'vitest';
import type { EdgePrincipal } from '../principal.ts';
import { modeOf, readMode, textBytesOf } from './mode.ts';

interface Given {
  readonly agentId?: string;
  readonly userAgent?: string;
  readonly address?: string;
}

function of(name: string, { agentId, userAgent, address = '' }: Given = {}) {
  const mode = readMode(new URLSearchParams(address));
  const principal = { identity: { agentId }, userAgent, mode } as unknown as EdgePrincipal;
  return modeOf({ principal, clientInfo: { name, version: '1' } });
}

describe('the mode of a connection', () => {
  it.each([
    ['claude-code', 'claude-code'],
    ['Visual Studio Code', 'ide'],
    ['Visual Studio Code - Insiders', 'ide'],
    ['cursor-vscode', 'ide'],
    ['Zed', 'ide'],
    ['JetBrains-IU/2026.2', 'ide'],
    ['mcp-inspector', 'standard'],
    ['cursory-reader', 'standard'],
    ['not claude-code', 'standard'],
  ])('of a client called %s is %s [edge.modes]', (name, mode) => {
    expect(of(name)).toBe(mode);
  });

  it('chooses how much of a result is shown [edge.modes]', () => {
    const shown = (name: string) =>
      textBytesOf({ principal: { identity: {} } as EdgePrincipal, clientInfo: { name, version: '1' } });
    expect(['claude-code', 'Cursor', 'mcp-inspector'].map(shown)).toEqual([65_536, 65_536, undefined]);
  });

  it('is seen from the user agent where the client says nothing else', () => {
    expect(of('unknown', { userAgent: 'claude-code/2.1 (cli)' })).toBe('claude-code');
  });

  it('is that of an agent with an agent key, and that of the address before all', () => {
    expect(of('claude-code', { agentId: 'a' })).toBe('agent');
    expect(of('claude-code', { agentId: 'a', address: 'mode=standard' })).toBe('standard');
    expect(() => of('x', { address: 'mode=root' })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
