import { createCipheriv, randomBytes } from 'node:crypto';
import { MeshError, newId, Secret } from '@devmesh/foundation';
import type { Database, MasterKeys } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openUnder, sealUnder, type SecretPlace } from './sealed.ts';
import { createVault, type Vault } from './service.ts';

const place = (tenantId: string, more: Partial<SecretPlace> = {}): SecretPlace => ({
  tenantId,
  table: 'organization_tools',
  row: 'r',
  field: 'f',
  ...more,
});

/** What a refusal shows of itself, whatever was wrong. */
const refused = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return 'it opened';
  } catch (error) {
    if (!(error instanceof MeshError)) throw error;
    return { code: error.code, message: error.message, cause: error.cause };
  }
};
const theRefusal = {
  code: 'wrong_secret',
  message: 'A stored secret does not open: it was stored under another master key, or altered.',
  cause: undefined,
};

const onServer = (process.env['DATABASE_URL'] ?? '') !== '';

describe('a sealed text', () => {
  const tenantKey = { version: 7, key: randomBytes(32) };
  const text = Buffer.from('s3cret');
  const home = place(newId());
  const sealed = sealUnder(tenantKey, home, text);
  const open = (bytes: Uint8Array, at = home) => refused(() => openUnder(tenantKey.key, at, bytes));

  it('opens for its place and holds nothing of the text', () => {
    expect(openUnder(tenantKey.key, home, sealed)).toEqual(text);
    expect(sealed.includes(text)).toBe(false);
  });

  it('is refused with any one bit changed, always alike [vault.sealed]', async () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const altered = Buffer.from(sealed);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await open(altered), `bit ${String(bit)}`).toEqual(theRefusal);
    }
  });

  it('is refused when it is cut anywhere, tag included, or longer [vault.sealed]', async () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(await open(sealed.subarray(0, length)), `${String(length)} bytes`).toEqual(theRefusal);
      expect(await open(sealed.subarray(sealed.length - length)), `last ${String(length)}`).toEqual(theRefusal);
    }
    expect(await open(Buffer.concat([sealed, Buffer.alloc(1)]))).toEqual(theRefusal);
  });

  it.each([4, 8, 12, 13, 14, 15])(
    'is refused with a tag of %i bytes that is right as far as it goes',
    async (length) => {
      const context = JSON.stringify([home.tenantId, home.table, home.row, home.field]);
      const header = sealed.subarray(0, 5);
      const cipher = createCipheriv('aes-256-gcm', tenantKey.key, sealed.subarray(5, 17), { authTagLength: length });
      cipher.setAAD(Buffer.concat([header, Buffer.from(context)]));
      const body = Buffer.concat([cipher.update(text), cipher.final()]);
      expect(sealed.subarray(17, 17 + length)).not.toHaveLength(0);
      expect(await open(Buffer.concat([header, sealed.subarray(5, 17), body, cipher.getAuthTag()]))).toEqual(
        theRefusal,
      );
    },
  );

  it.each([
    { tenantId: newId() },
    { table: 'other' },
    { row: 'other' },
    { field: 'other' },
    { row: 'r","f', field: '' },
  ])('is refused at another place, even with the right key: %j [vault.sealed]', async (other) => {
    expect(await open(sealed, { ...home, ...other })).toEqual(theRefusal);
  });

  it('is refused under another version of the key that has the same bytes', async () => {
    const renamed = Buffer.from(sealed);
    renamed.writeUInt32BE(8, 1);
    expect(await open(renamed)).toEqual(theRefusal);
  });
});

describe('vault', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const seal = (vault: Vault, tenantId: string, text = 's3cret', more = {}): Promise<Buffer> =>
    database.tenant(tenantId, (tx) => vault.seal(tx, place(tenantId, more), new Secret(text)));
  const open = async (vault: Vault, tenantId: string, sealed: Uint8Array, more = {}): Promise<string> =>
    (await database.tenant(tenantId, (tx) => vault.open(tx, place(tenantId, more), sealed))).open();

  it('opens what it sealed, for the same place', async () => {
    const tenantId = await newTenant(database);
    const vault = createVault({ masterKeys: newMasterKeys() });
    const sealed = await seal(vault, tenantId);
    expect(await open(vault, tenantId, sealed)).toBe('s3cret');
    expect(await refused(() => open(vault, tenantId, sealed, { row: 'other' }))).toEqual(theRefusal);
  });

  it('gives every tenant a key of its own: a text of one opens for no other [vault.tenant-keys]', async () => {
    const vault = createVault({ masterKeys: newMasterKeys() });
    const [one, other] = [await newTenant(database), await newTenant(database)];
    const [sealed, strange] = [await seal(vault, one), await seal(vault, other)];
    expect(await refused(() => open(vault, other, sealed))).toEqual(theRefusal);
    expect(await refused(() => open(vault, other, sealed, { tenantId: one }))).toEqual(theRefusal);
    expect(await open(vault, other, strange)).toBe('s3cret');
  });

  it('refuses alike a version that is not there and bytes that were never sealed', async () => {
    const tenantId = await newTenant(database);
    const vault = createVault({ masterKeys: newMasterKeys() });
    const sealed = await seal(vault, tenantId);
    const missing = Buffer.from(sealed);
    missing.writeUInt32BE(2 ** 31 - 1, 1);
    for (const bytes of [missing, Buffer.alloc(0), randomBytes(40), Buffer.from([1]), Buffer.from('plain text')]) {
      expect(await refused(() => open(vault, tenantId, bytes))).toEqual(theRefusal);
    }
  });

  it('still opens what was sealed and wrapped in the first format', async () => {
    const tenantId = await newTenant(database);
    const masterKeys = newMasterKeys();
    const key = randomBytes(32);
    const first = (by: Buffer, bytes: Buffer, context: unknown): Buffer => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', by, iv, { authTagLength: 16 });
      cipher.setAAD(Buffer.from(JSON.stringify(context)));
      return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    };
    const wrapped = first(Buffer.from(masterKeys.current().key.open(), 'base64'), key, [tenantId, 'tenant_keys', 1]);
    const header = Buffer.from([1, 0, 0, 0, 1]);
    const sealed = Buffer.concat([header, first(key, Buffer.from('old'), [tenantId, 'organization_tools', 'r', 'f'])]);
    await database.tenant(tenantId, async (tx) => {
      await sql`insert into mcp.tenant_keys (tenant_id, version, wrapped, current) values (${tenantId}::uuid, 1, ${wrapped}, true)`.execute(
        tx,
      );
    });
    const vault = createVault({ masterKeys });
    expect(await open(vault, tenantId, sealed)).toBe('old');
    expect(await open(vault, tenantId, await seal(vault, tenantId, 'new'))).toBe('new');
    expect(await refused(() => open(vault, tenantId, sealed, { row: 'other' }))).toEqual(theRefusal);
  });

  it('does not go on with a key whose transaction rolled back', async () => {
    const tenantId = await newTenant(database);
    const masterKeys = newMasterKeys();
    const vault = createVault({ masterKeys });
    const failing = database.tenant(tenantId, async (tx) => {
      await vault.seal(tx, place(tenantId), new Secret('lost'));
      const again = await vault.seal(tx, place(tenantId), new Secret('lost too'));
      await vault.open(tx, place(tenantId), again);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    const sealed = await seal(vault, tenantId, 'kept');
    expect(await open(createVault({ masterKeys }), tenantId, sealed)).toBe('kept');
  });

  it('makes one key where many begin at once', async () => {
    const tenantId = await newTenant(database);
    const masterKeys = newMasterKeys();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_one, index) => seal(createVault({ masterKeys }), tenantId, `text ${String(index)}`)),
    );
    const vault = createVault({ masterKeys });
    const texts: string[] = [];
    for (const sealed of all) texts.push(await open(vault, tenantId, sealed));
    expect(texts).toEqual(all.map((_one, index) => `text ${String(index)}`));
  });

  it('refuses when the master key is another', async () => {
    const tenantId = await newTenant(database);
    const sealed = await seal(createVault({ masterKeys: newMasterKeys() }), tenantId);
    expect(await refused(() => open(createVault({ masterKeys: newMasterKeys() }), tenantId, sealed))).toEqual(
      theRefusal,
    );
  });

  it('asks for the master keys again when a key is wrapped by one that it does not know', async () => {
    const tenantId = await newTenant(database);
    const [older, newer] = [newMasterKeys(), newMasterKeys()];
    const sealed = await seal(createVault({ masterKeys: newer }), tenantId);
    let known: MasterKeys = older;
    const changing: MasterKeys = {
      ...older,
      find: (id) => known.find(id),
      refresh: () => {
        known = newer;
        return Promise.resolve();
      },
    };
    expect(await open(createVault({ masterKeys: changing }), tenantId, sealed)).toBe('s3cret');
  });

  describe('shredding', () => {
    it('leaves nothing that opens: not the rows, not a backup of them, in no process [vault.tenant-keys]', async () => {
      const tenantId = await newTenant(database);
      const masterKeys = newMasterKeys();
      const [here, there] = [createVault({ masterKeys, database }), createVault({ masterKeys, database })];
      const sealed = await seal(here, tenantId);
      expect(await open(here, tenantId, sealed)).toBe('s3cret');
      expect(await open(there, tenantId, sealed)).toBe('s3cret');
      await database.tenant(tenantId, (tx) => here.shred(tx));
      expect(await refused(() => open(here, tenantId, sealed))).toEqual(theRefusal);
      // A server may take its time until it sends notifications to somebody new; then the key is forgotten without one.
      const timeout = onServer ? 15_000 : 5_000;
      await expect.poll(() => refused(() => open(there, tenantId, sealed)), { timeout }).toEqual(theRefusal);
      // Another key of the same tenant and version opens nothing of before.
      const later = await seal(here, tenantId, 'later');
      expect(await refused(() => open(here, tenantId, sealed))).toEqual(theRefusal);
      expect(await open(there, tenantId, later)).toBe('later');
      await here.close();
      await there.close();
    });

    it('undoes nothing of other tenants, and nothing when it rolls back', async () => {
      const vault = createVault({ masterKeys: newMasterKeys(), database });
      const [one, other] = [await newTenant(database), await newTenant(database)];
      const [sealed, safe] = [await seal(vault, one), await seal(vault, other)];
      const failing = database.tenant(one, async (tx) => {
        await vault.shred(tx);
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      expect(await open(vault, one, sealed)).toBe('s3cret');
      await database.tenant(one, (tx) => vault.shred(tx));
      expect(await refused(() => open(vault, one, sealed))).toEqual(theRefusal);
      expect(await open(vault, other, safe)).toBe('s3cret');
      await vault.close();
    });

    it('is forgotten after a moment also where nobody tells', async () => {
      const tenantId = await newTenant(database);
      const masterKeys = newMasterKeys();
      const deaf = createVault({ masterKeys, rememberMilliseconds: 50 });
      const sealed = await seal(deaf, tenantId);
      expect(await open(deaf, tenantId, sealed)).toBe('s3cret');
      await database.tenant(tenantId, (tx) => createVault({ masterKeys }).shred(tx));
      await expect.poll(() => refused(() => open(deaf, tenantId, sealed)), { timeout: 5_000 }).toEqual(theRefusal);
    });
  });

  it('reads a warm secret without asking the database', async () => {
    const tenantId = await newTenant(database);
    const vault = createVault({ masterKeys: newMasterKeys() });
    const sealed = await seal(vault, tenantId);
    await open(vault, tenantId, sealed);
    const none = new Proxy({}, { get: () => expect.fail('it asked the database') }) as never;
    expect((await vault.open(none, place(tenantId), sealed)).open()).toBe('s3cret');
  });
});
