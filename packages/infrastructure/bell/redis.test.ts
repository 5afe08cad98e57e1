import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { describe } from 'vitest';
import { bellContract } from './contract.ts';
import { openRedisBell } from './redis.ts';

const url = process.env['REDIS_URL'] ?? '';

describe.skipIf(url === '')('a bell on Redis (skipped without REDIS_URL)', () => {
  const prefix = `test-${randomUUID()}:`;
  bellContract(() => Promise.resolve(openRedisBell({ url, log: silentTelemetry.log, prefix })));
});
