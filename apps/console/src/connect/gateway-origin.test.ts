import { describe, expect, it } from 'vitest';
import { defaultGatewayOrigin, readOrigin } from './gateway-origin.ts';

describe('the address of the gateway', () => {
  it('is of this host unless another http address is typed', () => {
    expect(defaultGatewayOrigin({ protocol: 'http:', hostname: '10.0.0.5' })).toBe('http://10.0.0.5:8080');
    expect(readOrigin('https://mesh.example/mcp?x')).toBe('https://mesh.example');
    expect([readOrigin('mesh'), readOrigin('javascript:alert(1)')]).toEqual([undefined, undefined]);
  });
});
