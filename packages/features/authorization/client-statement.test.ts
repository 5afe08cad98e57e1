import { randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';
import { createMasterKeys } from '@devmesh/infrastructure';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClientStatements } from './client-statement.ts';

const newKey = (): Secret => new Secret(randomBytes(32).toString('base64'));
const metadata = {
  name: 'A client',
  redirectUris: ['https://app.example.com/callback'],
  authentication: 'client_secret_basic',
} as const;

describe('ids of registered clients', () => {
  const current = newKey();
  const statements = createClientStatements(createMasterKeys({ current }));
  const id = statements.issue(metadata, 0) ?? '';

  it('are read back as what was registered', () => {
    expect(statements.read(id)).toEqual({ id, ...metadata, source: 'registration' });
  });

  it('are known by whoever holds the master key, also after it was rotated, and by nobody else', () => {
    const rotated = createMasterKeys({ current: newKey(), previous: [current] });
    expect(createClientStatements(rotated).read(id)).toBeDefined();
    expect(createClientStatements(createMasterKeys({ current: newKey() })).read(id)).toBeUndefined();
  });

  it('open nothing once one character differs', () => {
    fc.assert(
      fc.property(
        fc.nat(id.length - 1),
        fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_', '.'),
        (at, character) => {
          fc.pre(id[at] !== character);
          expect(statements.read(id.slice(0, at) + character + id.slice(at + 1))).toBeUndefined();
        },
      ),
    );
  });

  it('have a secret of their own that follows from nothing but them', () => {
    const other = statements.issue({ ...metadata, name: 'Another' }, 0) ?? '';
    const secret = statements.secretOf(id)?.open() ?? '';
    expect(statements.isSecretOf(id, secret)).toBe(true);
    expect(statements.isSecretOf(other, secret)).toBe(false);
    expect(statements.isSecretOf(id, '')).toBe(false);
    expect(id.endsWith(secret)).toBe(false);
  });

  it('are not made longer than an address can carry', () => {
    const redirectUris = Array.from(
      { length: 10 },
      (_, at) => `https://app.example.com/${'a'.repeat(400)}${String(at)}`,
    );
    expect(statements.issue({ ...metadata, redirectUris }, 0)).toBeUndefined();
  });
});
