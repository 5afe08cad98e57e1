// A process of its own that asks for one allowance again and again: URL, key, limit, times. Prints how often it was allowed.
import { silentTelemetry } from '@devmesh/foundation';
import { createRateLimit } from './rate-limit.ts';
import { openRedisKeyValue } from './redis.ts';

const [url = '', key = '', limit = '', times = ''] = process.argv.slice(2);
const keyvalue = openRedisKeyValue({ url, log: silentTelemetry.log });
const rateLimit = createRateLimit({ keyvalue, name: 'hammer', telemetry: silentTelemetry, whenAway: 'refuse' });
await keyvalue.increment(`${key}:ready`, 1, 60);
while ((await keyvalue.get(`${key}:ready`)) !== '2') await new Promise((resolve) => setImmediate(resolve));
const answers = Array.from({ length: Number(times) }, () =>
  rateLimit.checkAll(key, [
    { policy: 'tenant', key: 'a', limit: Number(limit) + 50, windowSeconds: 3_600 },
    { policy: 'tool', key: 'b', limit: Number(limit), windowSeconds: 3_600 },
  ]),
);
const allowed = (await Promise.all(answers)).filter((answer) => answer.allowed).length;
process.stdout.write(String(allowed));
await keyvalue.close();
