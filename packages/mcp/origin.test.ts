import { describe, expect, it } from 'vitest';
import { checkOrigin } from './origin.ts';

const rules = { allowedOrigins: ['https://allowed.example'] };
const verdict = (origin: string | undefined, host: string | undefined, allowedHosts?: readonly string[]) => {
  try {
    checkOrigin({ origin, host }, { ...rules, allowedHosts });
    return 'let in';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a page', () => {
  it.each([
    [undefined, 'any.example', undefined, 'let in'],
    ['https://allowed.example', 'any.example', undefined, 'let in'],
    ['https://evil.example', '127.0.0.1:8080', undefined, 'forbidden'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080', undefined, 'let in'],
    ['http://localhost:8080', 'LOCALHOST:8080', undefined, 'let in'],
    ['http://[::1]:8080', '[::1]:8080', undefined, 'let in'],
    ['http://127.0.0.1:9999', '127.0.0.1:8080', undefined, 'forbidden'],
    ['http://evil.example:8080', 'evil.example:8080', undefined, 'forbidden'],
    ['http://evil.example:8080', 'evil.example:8080', ['mesh.example'], 'forbidden'],
    ['https://mesh.example', 'mesh.example', ['mesh.example'], 'let in'],
    ['null', '127.0.0.1:8080', undefined, 'forbidden'],
    [undefined, undefined, ['mesh.example'], 'forbidden'],
  ])('of %s at host %s with allowed hosts %j is %s', (origin, host, allowedHosts, wanted) => {
    expect(verdict(origin, host, allowedHosts)).toBe(wanted);
  });
});
