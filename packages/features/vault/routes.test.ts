import { operations } from '@devmesh/api';
import { newMasterKeys, openTestDatabase } from '@devmesh/testkit';
import { expect, test } from 'vitest';
import { openVaultBench } from './rotation.fixture.ts';
import { vaultRoutes } from './routes.ts';
import { createVault } from './service.ts';

test('answers what the operations declare, and audits a rotation in the name of who asked', async () => {
  const database = await openTestDatabase();
  try {
    const masterKeys = newMasterKeys();
    const bench = await openVaultBench({ database, masterKeys });
    await bench.put(createVault({ masterKeys }), 'k0', 'text');
    const routes = vaultRoutes({ vaultKeys: bench.keys, actorOf: () => 'key:somebody' });
    const call = (id: string): Promise<unknown> =>
      routes.find(({ operation }) => operation.id === id)!.handle({ principal: { tenantId: bench.tenantId } } as never);
    expect(operations.vault.rotate.response.parse(await call('vault.rotate'))).toEqual({ version: 2 });
    await bench.run();
    const { id } = masterKeys.current();
    expect(operations.vault.status.response.parse(await call('vault.status'))).toMatchObject({
      keys: [
        { version: 1, current: false, secrets: 0, wrappedBy: id },
        { version: 2, current: true, secrets: 1, wrappedBy: id },
      ],
      masterKeys: [{ id, current: true, inUse: true }],
    });
    expect(await bench.trail()).toEqual(['key:somebody vault.rotate']);
  } finally {
    await database.close();
  }
});
