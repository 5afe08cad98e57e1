import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOptions } from '../chaos/options.ts';
import { runOutage } from '../chaos/outage.ts';
import { createCleanup } from '../chaos/world.ts';

const onServer = (process.env['DATABASE_URL'] ?? '') !== '';
// Its engines are its own; the variable only says that this machine can run them.
const patientSeconds = 9;

describe.skipIf(!onServer)('engines that go away (skipped without DATABASE_URL)', { timeout: 180_000 }, () => {
  it('while Redis is down or hangs senders get their 202, and while PostgreSQL does a 503 and never a 2xx [mesh.engines-away]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'devmesh-outage-'));
    await chmod(folder, 0o755);
    const cleanup = createCleanup();
    try {
      const options = readOptions(['--outage', '--seed', '1'])!;
      const outcome = await runOutage(
        { options, folder, cleanup, signal: AbortSignal.timeout(170_000) },
        patientSeconds,
      );
      expect(outcome.failures, JSON.stringify(outcome.figures)).toEqual([]);
      expect(outcome.figures).toMatchObject({
        redis_down_told: 'HTTP 202',
        redis_frozen_told: 'HTTP 202',
        postgres_down_told: 'HTTP 503',
        postgres_frozen_told: 'HTTP 503',
        lost: 0,
        duplicate_effects: 0,
      });
    } finally {
      await cleanup.run();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
