import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from '../mesh/mesh.ts';
import { startEverything } from './everything/server.ts';
import { startKeyProxy } from './key-proxy.ts';
import { readFindings, runConformance, runnerFolder } from './runner.ts';
import type { Served } from './serve-fetch.ts';

const revisions = ['2025-06-18', '2025-11-25', '2026-07-28'];
const folder = runnerFolder();
const patience = 120_000;

describe('the summary of the conformance runner', () => {
  it('is read with the failures that count, and without those that do not', () => {
    const output = [
      '=== SUMMARY ===',
      '✓ ping: 2 passed, 0 failed',
      '✗ caching: 1 passed, 2 failed',
      '✗ tasks-lifecycle: 1 passed, 8 failed',
      'Total: 4 passed, 10 failed',
      'Not scored for 2026-07-28: 1 scenario(s) run, 1 failing. These do not affect conformance.',
      '  ✗ tasks-lifecycle (extension)',
    ].join('\n');
    expect(readFindings(output)).toEqual({ passed: 4, failures: ['caching: 1 passed, 2 failed'] });
    expect(() => readFindings('nothing')).toThrow('no summary');
  });
});

describe.skipIf(folder === undefined)(
  'MCP conformance (skipped where `npm run conformance` did not fetch the runner)',
  () => {
    let everything: Served | undefined;
    let world: TestMesh | undefined;
    let gateway: Served | undefined;
    beforeAll(async () => {
      everything = await startEverything();
      world = await openTestMesh();
      const { client, key } = await world.register();
      await client.tools.registerMcp({ body: { name: 'everything', url: everything.url } });
      const include = [{ service: 'everything' }];
      await client.toolSets.putToolSet({
        params: { name: 'everything' },
        body: { title: 'Everything', include, platformTools: false, unprefixed: true },
      });
      gateway = await startKeyProxy(`${world.mesh.edgeUrl}/mcp/sets/everything`, key);
    }, patience);
    afterAll(async () => {
      await Promise.all([gateway?.close(), everything?.close()]);
      await world?.close();
    });

    it.each(revisions)(
      'has no failure in %s for the protocol itself [mcp.conformance]',
      async (revision) => {
        const { passed, failures } = await runConformance(folder ?? '', everything?.url ?? '', revision);
        expect(failures).toEqual([]);
        expect(passed).toBeGreaterThan(50);
      },
      patience,
    );

    it.each(revisions)(
      'has no failure in %s through the gateway [mcp.conformance]',
      async (revision) => {
        const { passed, failures } = await runConformance(folder ?? '', gateway?.url ?? '', revision);
        expect(failures).toEqual([]);
        expect(passed).toBeGreaterThan(50);
      },
      patience,
    );
  },
);
