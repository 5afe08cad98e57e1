import { describe, expect, it } from 'vitest';
import { checkCredential } from './check-credential.ts';
import type { Credential } from './credential.ts';

const refused: readonly (readonly [string, Credential])[] = [
  ['token', { kind: 'bearer', token: 'planted\r\nx: y' }],
  ['token', { kind: 'bearer', token: 'plantéd' }],
  ['username', { kind: 'basic', username: 'a:b', password: 'planted' }],
  ['name', { kind: 'apiKey', in: 'header', value: 'planted' }],
  ['name', { kind: 'apiKey', name: 'x', value: 'planted' }],
  ['name', { kind: 'apiKey', in: 'header', name: 'Host', value: 'planted' }],
  ['name', { kind: 'apiKey', in: 'header', name: 'Cookie', value: 'planted' }],
  ['name', { kind: 'apiKey', in: 'header', name: 'a b', value: 'planted' }],
  ['value', { kind: 'apiKey', in: 'header', name: 'X-Key', value: 'planted\n' }],
  ['name', { kind: 'apiKey', in: 'cookie', name: 'a=b', value: 'planted' }],
  ['value', { kind: 'apiKey', in: 'cookie', name: 'sid', value: 'planted; admin=1' }],
  ['value', { kind: 'apiKey', value: 'planted\n' }],
  ['scheme', { kind: 'header', scheme: 'To ken', value: 'planted' }],
  ['value', { kind: 'header', scheme: 'Token', value: 'planted\r\n' }],
  ['certificate', { kind: 'mutualTls', certificate: 'planted', key: 'planted' }],
  ['region', { kind: 'awsSigV4', accessKeyId: 'a', secretAccessKey: 'planted', region: 'eu\n', service: 's3' }],
  [
    'sessionToken',
    { kind: 'awsSigV4', accessKeyId: 'a', secretAccessKey: 'planted', sessionToken: '\n', region: 'r', service: 's3' },
  ],
];

describe('a credential that could not be sent', () => {
  it.each(refused)('is refused by its %s, which is not repeated: %j', (field, credential) => {
    const issues = [{ path: `credential.${field}`, message: expect.any(String) as string }];
    expect(() => {
      checkCredential(credential);
    }).toThrow(expect.objectContaining({ code: 'invalid_request', issues }) as Error);
    expect(() => {
      checkCredential(credential);
    }).not.toThrow('planted');
  });

  it.each([
    { kind: 'apiKey', value: 'k' },
    { kind: 'apiKey', in: 'query', name: 'a b', value: 'k ä' },
    { kind: 'apiKey', in: 'cookie', name: 'sid', value: 'abc-123==' },
    { kind: 'header', scheme: 'Token', value: 'token="x"' },
    { kind: 'none' },
  ] satisfies Credential[])('is not any of these: %j', (credential) => {
    expect(() => {
      checkCredential(credential);
    }).not.toThrow();
  });
});
