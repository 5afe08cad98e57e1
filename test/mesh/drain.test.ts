import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@devmesh/api';
import { freePort, openTestEngines, type TestEngines } from '@devmesh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planDeliveries } from '../chaos/deliveries.ts';
import { createPacedClient } from '../chaos/paced.ts';
import { createRandom } from '../chaos/random.ts';
import { registerOrganizations, titlePrefix, type Organization } from '../chaos/sources.ts';
import { meshEnvironment, startProgram, type Program } from './process.ts';

const events = 150;
const perSecond = 40;

describe('a mesh that is told to stop under load', { timeout: 120_000 }, () => {
  let folder: string;
  let engines: TestEngines;
  let environment: Record<string, string>;
  const running: Program[] = [];
  const ending = new AbortController();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devmesh-drain-'));
    engines = await openTestEngines();
    const port = String(await freePort());
    // Here it is told apart what the stop refuses: a slow machine refuses nothing of itself.
    const patience = { WEBHOOK_DEADLINE_MILLISECONDS: '30000' };
    const settings = { API_PORT: port, DRAIN_SECONDS: '2', ...patience };
    environment = { ...meshEnvironment(folder), ...engines.variables, ...settings };
  });
  afterEach(async () => {
    ending.abort();
    for (const { child, ended } of running) {
      child.kill('SIGKILL');
      await ended;
    }
    await engines.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const up = async (): Promise<Program> => {
    const mesh = startProgram('devmesh', { words: ['up'], environment });
    running.push(mesh);
    await mesh.printed(/Console +http/u);
    return mesh;
  };
  const titles = async (apiUrl: string, { key }: Organization): Promise<readonly string[]> => {
    const { items } = await createClient({ baseUrl: apiUrl, key }).tasks.listTasks({ query: { limit: 200 } });
    return items.map(({ title }) => title.slice(titlePrefix.length));
  };

  it('ends with 0, and a client that repeats only refused connections sees no error, no loss and no double [mesh.drains]', async () => {
    const mesh = await up();
    const apiUrl = `http://127.0.0.1:${environment['API_PORT']!}`;
    const organizations = await registerOrganizations(apiUrl, 2, 1);
    const sources = organizations.flatMap((organization) => organization.sources);
    const deliveries = planDeliveries({ events, sources: sources.length, poison: 0, random: createRandom(7) });
    const client = createPacedClient({ url: apiUrl, sources, perSecond, signal: ending.signal });
    const sending = client.sendAll(deliveries);
    await expect.poll(() => client.seen.acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(events / 4);
    const readiness = async (): Promise<number> => (await fetch(`${apiUrl}/ready`)).status;
    expect(await readiness()).toBe(200);
    mesh.child.kill('SIGTERM');
    await expect.poll(readiness).toBe(503);
    expect(await mesh.ended, mesh.output()).toBe(0);
    await up();
    await sending;
    client.close();
    expect([...client.seen.errors]).toEqual([]);
    expect(client.seen.acknowledged.size).toBe(events);
    const found = async (): Promise<readonly string[]> =>
      (await Promise.all(organizations.map((organization) => titles(apiUrl, organization)))).flat().toSorted();
    const wanted = [...client.seen.acknowledged].toSorted();
    await expect.poll(found, { timeout: 60_000, interval: 500 }).toEqual(wanted);
  });
});
