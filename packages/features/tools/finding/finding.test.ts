import { MeshError } from '@devmesh/foundation';
import { createLocalEmbedder, type Embedder } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { embedTools } from './embed-tools.ts';
import { createToolFinder, type ToolFinder } from './finder.ts';

let bench: ToolsBench;
let embedder: Embedder;
let finder: ToolFinder;
let embeddedTexts = 0;

function operation(operationId: string, summary: string, description = '', parameters: readonly string[] = []) {
  const declared = parameters.map((name) => ({ name, in: 'query', schema: { type: 'string' } }));
  return { operationId, summary, description, parameters: declared, responses: { 200: { description: 'ok' } } };
}

const forge = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'Forge', version: '1' },
  servers: [{ url: 'http://127.0.0.1:1/' }],
  paths: {
    '/pulls': {
      get: operation('listPulls', 'List pull requests'),
      post: operation('createPull', 'Create a pull request'),
    },
    '/pulls/merge': { put: operation('mergePull', 'Merge a pull request') },
    '/issues': {
      get: operation('listIssues', 'List issues', '', ['assignee']),
      post: operation('createIssue', 'Create an issue'),
    },
    '/outages': {
      get: operation('outages', 'Show outages', 'Machines that broke down and are not reachable any more'),
    },
    '/runs': { post: operation('startRun', 'Start a workflow run') },
    '/runs/cancel': { post: operation('cancelRun', 'Cancel a workflow run') },
  },
});

/** Counts what is embedded; questions are not counted. */
function counting(inner: Embedder): Embedder {
  return {
    ...inner,
    embed: (texts, purpose, signal) => {
      if (purpose === 'passage') embeddedTexts += texts.length;
      return inner.embed(texts, purpose, signal);
    },
  };
}

async function withForge(): Promise<Principal> {
  const principal = await bench.newPrincipal();
  await bench.tools.import(principal, { name: 'forge', document: forge }, nothing);
  return principal;
}

async function names(principal: Principal, query: string, rest: object = {}) {
  const { items, state } = await finder.search(principal, { query, limit: 10, ...rest });
  return { state, names: items.map(({ row }) => row.name) };
}

beforeAll(async () => {
  bench = await openToolsBench();
  embedder = counting(createLocalEmbedder());
  finder = createToolFinder({ ...bench, embedder });
});

afterAll(async () => {
  await embedder.close();
  await bench.close();
});

describe('a tool is found', () => {
  it('by what is to be done, with why, and by meaning once it is embedded [tools.finding]', async () => {
    const principal = await withForge();
    const early = await names(principal, 'open a PR');
    expect([early.state, early.names[0]]).toEqual(['degraded', 'forge_createPull']);
    await embedTools({ ...bench, embedder }, principal.tenantId);
    const { items, state } = await finder.search(principal, { query: 'open a PR', limit: 3 });
    expect(state).toBe('ok');
    expect(items[0]?.row.name).toBe('forge_createPull');
    expect(items[0]?.why).toMatchObject({ action: 'create', parts: { action: 1 } });
    expect(items[0]?.why.readAs.join(';')).toContain('pr -> pul request');
    expect(items[0]?.why.matched.map(({ word }) => word)).toEqual(expect.arrayContaining(['pr', 'open']));
    expect((await names(principal, 'which servers are down?')).names[0]).toBe('forge_outages');
    expect((await names(principal, 'merge a PR')).names[0]).toBe('forge_mergePull');
    expect((await names(principal, 'stop a CI build')).names[0]).toBe('forge_cancelRun');
    expect((await names(principal, 'assignee')).names[0]).toBe('forge_listIssues');
  });

  it('by its words while there is nobody to ask about meaning, and the answer says so', async () => {
    const principal = await withForge();
    const away = { ...embedder, embed: () => Promise.reject(new MeshError('unavailable', 'away')) };
    const alone = createToolFinder({ ...bench, embedder: away });
    const found = await alone.search(principal, { query: 'list issues', limit: 1 });
    expect([found.state, found.items[0]?.row.name]).toEqual(['degraded', 'forge_listIssues']);
    const none = await alone.search(principal, { query: 'zebra', limit: 1 });
    expect([none.state, none.items.length]).toEqual(['degraded', 0]);
    const without = createToolFinder(bench);
    expect((await without.search(principal, { query: 'list issues', limit: 1 })).state).toBe('degraded');
  });

  it('only by whom it may be called, and by nobody of another organization', async () => {
    const principal = await withForge();
    await embedTools({ ...bench, embedder }, principal.tenantId);
    const reader: Principal = { ...principal, tools: { allow: ['forge_list*'], deny: [] } };
    expect((await names(reader, 'pull request')).names).toEqual(['forge_listPulls']);
    expect(await bench.tools.finding.describe(reader, 'forge_listPulls')).toMatchObject({ name: 'forge_listPulls' });
    for (const name of ['forge_createPull', 'forge_nothing']) {
      await expect(bench.tools.finding.describe(reader, name)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await names(await bench.newPrincipal(), 'pull request')).toEqual({ state: 'not_indexed', names: [] });
  });

  it('under its new name at once, and not after it is hidden or gone', async () => {
    const principal = await withForge();
    await embedTools({ ...bench, embedder }, principal.tenantId);
    expect((await names(principal, 'outage')).names).toEqual(['forge_outages']);
    const change = (set: string) =>
      bench.database.tenant(principal.tenantId, (tx) =>
        sql`update mcp.tool_operations set ${sql.raw(set)} where path = '/outages'`.execute(tx),
      );
    await change(`name = 'forge_breakdowns', title = 'Show breakdowns', description = 'Broken machines'`);
    expect(await names(principal, 'breakdowns', { limit: 1 })).toEqual({
      state: 'degraded',
      names: ['forge_breakdowns'],
    });
    const before = embeddedTexts;
    await embedTools({ ...bench, embedder }, principal.tenantId);
    expect(embeddedTexts - before).toBe(1);
    expect(await names(principal, 'breakdowns', { limit: 1 })).toEqual({ state: 'ok', names: ['forge_breakdowns'] });
    await change(`hidden_reason = 'not now'`);
    expect((await names(principal, 'breakdowns')).names).not.toContain('forge_breakdowns');
    const [service] = (await bench.tools.list(principal, { limit: 1 })).items;
    await bench.tools.delete(principal, service?.id ?? '');
    expect(await names(principal, 'pull request')).toEqual({ state: 'not_indexed', names: [] });
    await embedTools({ ...bench, embedder }, principal.tenantId);
    const left = await bench.database.tenant(principal.tenantId, (tx) => sql`select from mcp.tool_search`.execute(tx));
    expect(left.rows).toHaveLength(0);
  });

  it('among those of one service only, where that is asked for; what fits nothing is no match', async () => {
    const principal = await withForge();
    await bench.importByUrl(principal);
    await embedTools({ ...bench, embedder }, principal.tenantId);
    const { names: found } = await names(principal, 'create an issue', { service: 'issues' });
    expect(found[0]).toBe('issues_createIssue');
    expect(found.every((name) => name.startsWith('issues_'))).toBe(true);
    expect(await names(principal, 'qwxz vbnm')).toEqual({ state: 'no_match', names: [] });
  });
});
