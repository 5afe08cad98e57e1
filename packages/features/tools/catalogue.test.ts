import { silentTelemetry } from '@devmesh/foundation';
import { openMemoryKeyValue } from '@devmesh/infrastructure';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCatalogue } from './catalogue.ts';
import { openToolsBench, type ToolsBench } from './tools.fixture.ts';

describe('the catalogue', () => {
  let bench: ToolsBench;
  beforeAll(async () => {
    bench = await openToolsBench();
  });
  afterAll(() => bench.close());

  it('shows an import and a removal at once, in every process, however often it was read before [tools.catalogue-fresh]', async () => {
    const principal = await bench.newPrincipal();
    const { database, bell } = bench;
    const elsewhere = createCatalogue({ database, bell, keyvalue: openMemoryKeyValue(), telemetry: silentTelemetry });
    const here = async (): Promise<number> => (await bench.catalogueOf(principal)).items.length;
    const there = async (): Promise<number> => (await elsewhere.page(principal.tenantId, undefined, 200)).length;
    expect([await here(), await there()]).toEqual([0, 0]);
    const { tool } = await bench.importByUrl(principal);
    expect(await here()).toBe(8);
    await expect.poll(there).toBe(8);
    await bench.tools.delete(principal, tool.id);
    expect(await here()).toBe(0);
    await expect.poll(there).toBe(0);
    await elsewhere.close();
  });

  it('is read from the database no more until it changes', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    const metric = (text: string): number =>
      Number(/^devmesh_cache_loads_total\{.*cache="tool_catalogue".*outcome="found".* (\d+)$/mu.exec(text)?.[1] ?? 0);
    const loadsOf = async (reads: number): Promise<number> => {
      const before = metric(await bench.telemetry.metricsText());
      await Promise.all(Array.from({ length: reads }, () => bench.catalogueOf(principal)));
      return metric(await bench.telemetry.metricsText()) - before;
    };
    expect(await loadsOf(1)).toBe(1);
    // The ring of the import itself may come a moment later.
    await expect.poll(() => loadsOf(1)).toBe(0);
    expect(await loadsOf(5)).toBe(0);
  });

  it('shows what it showed before where an import fails', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    const before = await bench.catalogueOf(principal);
    await expect(bench.importByUrl(principal)).rejects.toMatchObject({ code: 'conflict' });
    const source = { name: 'second', url: `${bench.origin}/openapi.json` };
    const failing = bench.tools.import(principal, source, () => Promise.reject(new Error('not committed')));
    await expect(failing).rejects.toThrow('not committed');
    expect(await bench.catalogueOf(principal)).toEqual(before);
  });
});
