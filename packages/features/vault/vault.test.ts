import { randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decrypt, encrypt } from './cipher.ts';
import { createVault } from './service.ts';

describe('vault', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const place = (tenantId: string) => ({ tenantId, table: 'organization_tools', row: 'r', field: 'f' });

  it('opens what it sealed, for the same place', async () => {
    const tenantId = await newTenant(database);
    const vault = createVault({ masterKeys: newMasterKeys() });
    const opened = await database.tenant(tenantId, async (tx) => {
      const sealed = await vault.seal(tx, place(tenantId), new Secret('s3cret'));
      expect(sealed.includes(Buffer.from('s3cret'))).toBe(false);
      return vault.open(tx, place(tenantId), sealed);
    });
    expect(opened.open()).toBe('s3cret');
  });

  it.each([{ row: 'other' }, { field: 'other' }, { table: 'other' }])(
    'refuses to open it at another place: %j [vault.sealed]',
    async (other) => {
      const tenantId = await newTenant(database);
      const vault = createVault({ masterKeys: newMasterKeys() });
      const attempt = database.tenant(tenantId, async (tx) => {
        const sealed = await vault.seal(tx, place(tenantId), new Secret('s3cret'));
        return vault.open(tx, { ...place(tenantId), ...other }, sealed);
      });
      await expect(attempt).rejects.toMatchObject({ code: 'wrong_secret' });
    },
  );

  it('does not go on with a key whose transaction rolled back', async () => {
    const tenantId = await newTenant(database);
    const masterKeys = newMasterKeys();
    const vault = createVault({ masterKeys });
    const failing = database.tenant(tenantId, async (tx) => {
      await vault.seal(tx, place(tenantId), new Secret('lost'));
      await vault.seal(tx, place(tenantId), new Secret('lost too'));
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    const sealed = await database.tenant(tenantId, (tx) => vault.seal(tx, place(tenantId), new Secret('kept')));
    const later = createVault({ masterKeys });
    expect((await database.tenant(tenantId, (tx) => later.open(tx, place(tenantId), sealed))).open()).toBe('kept');
  });

  it('says so when the master key is another', async () => {
    const tenantId = await newTenant(database);
    const sealed = await database.tenant(tenantId, (tx) =>
      createVault({ masterKeys: newMasterKeys() }).seal(tx, place(tenantId), new Secret('s3cret')),
    );
    const attempt = database.tenant(tenantId, (tx) =>
      createVault({ masterKeys: newMasterKeys() }).open(tx, place(tenantId), sealed),
    );
    await expect(attempt).rejects.toMatchObject({ code: 'wrong_secret' });
  });
});

describe('cipher', () => {
  it('reverses itself, and no altered byte goes unnoticed [vault.sealed]', () => {
    const key = randomBytes(32);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (plaintext, position) => {
        const sealed = encrypt(key, plaintext, 'here');
        expect(decrypt(key, sealed, 'here').equals(Buffer.from(plaintext))).toBe(true);
        const altered = Buffer.from(sealed);
        const at = position % altered.length;
        altered[at] = (altered[at] ?? 0) ^ 1;
        expect(() => decrypt(key, altered, 'here')).toThrow(/does not open/u);
      }),
    );
  });

  it('never gives the same text twice', () => {
    const key = randomBytes(32);
    const text = Buffer.from('same');
    expect(encrypt(key, text, 'x').equals(encrypt(key, text, 'x'))).toBe(false);
  });
});
