import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig, Secret } from '@devmesh/foundation';
import { createMasterKeys, platformConfigShape, type MasterKeys } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant } from '@devmesh/testkit';
import { expect, test } from 'vitest';
import { featureConfigShape } from '../config.ts';
import { createFeatures, type Features } from '../features.ts';
import { host } from '../host.ts';

/** What the health report says of the vault. */
async function vaultIn(features: Features): Promise<unknown> {
  const health = features.routes.find(({ operation }) => operation.id === 'system.health')!;
  const report = (await health.handle({} as never)) as { components: readonly { name: string }[] };
  return report.components.find(({ name }) => name === 'vault');
}

test('a process that has a wrong master key says so in /health, and one that has the right one as a previous one does not', async () => {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'devmesh-wrong-key-'));
  const environment = { DATA_DIR, LOG_LEVEL: 'silent' };
  const config = parseConfig({ ...platformConfigShape, ...featureConfigShape }, environment);
  const hosted = await host({ config, name: 'test', whole: true, choose: () => [] });
  const { platform, features } = hosted;
  const reportWith = async (masterKeys: MasterKeys): Promise<unknown> => {
    const other = createFeatures({ platform: { ...platform, masterKeys }, config, services: () => [] });
    try {
      return await vaultIn(other);
    } finally {
      await other.close();
    }
  };
  try {
    const tenantId = await newTenant(platform.database);
    const place = { tenantId, table: 'organization_tools', row: 'r', field: 'f' };
    await platform.database.tenant(tenantId, (tx) => features.vault.seal(tx, place, new Secret('text')));
    expect(await vaultIn(features)).toEqual({ name: 'vault', ready: true });
    const [right, wrong] = [platform.masterKeys.current(), newMasterKeys().current()];
    expect(await reportWith(createMasterKeys({ current: wrong.key }))).toEqual({
      name: 'vault',
      ready: false,
      reason: `Stored secrets were sealed under the master key ${right.id}; configured is ${wrong.id}.`,
    });
    const changed = createMasterKeys({ current: wrong.key, previous: [right.key] });
    expect(await reportWith(changed)).toEqual({ name: 'vault', ready: true });
  } finally {
    await hosted.stop();
    rmSync(DATA_DIR, { recursive: true });
  }
}, 60_000);
