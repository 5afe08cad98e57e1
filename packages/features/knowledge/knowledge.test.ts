import { newId, silentTelemetry } from '@devmesh/foundation';
import { createLocalEmbedder } from '@devmesh/infrastructure';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openKnowledge, type TestKnowledge } from './knowledge.fixture.ts';
import { indexingTopic } from './ring.ts';
import { knowledgeRoutes } from './routes.ts';
import { createKnowledge } from './service.ts';

const lease = `/** Extends the lease of a task; a late owner is refused. */
export async function renewLease(task, fence) {
  if (task.fence !== fence) throw new Error('stale_fence');
  task.leaseExpiresAt = now() + thirtySeconds;
}
`;
const color = `/** Mixes two colors of the palette. */
export function blend(first, second) {
  return { red: mean(first.red, second.red), green: mean(first.green, second.green) };
}
`;
const discount = `/** Takes a percentage off the price of an order. */
export function applyDiscount(order, percentage) {
  return { ...order, total: order.total * (1 - percentage / 100) };
}
`;

describe('knowledge', () => {
  let mesh: TestKnowledge;
  beforeAll(async () => {
    mesh = await openKnowledge();
  });
  afterAll(() => mesh.close());

  const indexed = async (files: Record<string, string>) => {
    const principal = await mesh.organization();
    const repository = await mesh.repository(files);
    const { id } = await mesh.add(principal, repository);
    await mesh.index(principal, id);
    return { principal, repository, id };
  };

  it('notes a repository with its audit line, its event and what the caller commits, then rings', async () => {
    const principal = await mesh.organization();
    const { folder } = await mesh.repository({ 'a.ts': lease });
    const before = await mesh.stream.backlog(indexingTopic, 'a-group');
    let remembered = '';
    const row = await mesh.knowledge.addRepository(principal, { name: 'shop', path: folder }, async (_tx, added) => {
      remembered = added.id;
      await Promise.resolve();
    });
    expect(row).toMatchObject({ id: remembered, status: 'queued', path: folder, progress: 0, commit: null });
    expect((await mesh.stream.backlog(indexingTopic, 'a-group')).waiting).toBe(before.waiting + 1);
    const audit = await mesh.audit.list(principal.tenantId, { limit: 5 });
    expect(audit.items).toMatchObject([{ action: 'knowledge.addRepository', subject: row.id }]);
    const events = await mesh.events.list(principal.tenantId, { limit: 5 });
    expect(events.items).toMatchObject([{ type: 'repository.progress', subjectId: row.id }]);
  });

  it('stores nothing when what the caller commits fails', async () => {
    const principal = await mesh.organization();
    const { folder } = await mesh.repository({ 'a.ts': lease });
    const failing = mesh.knowledge.addRepository(principal, { name: 'shop', path: folder }, () =>
      Promise.reject(new Error('answered meanwhile')),
    );
    await expect(failing).rejects.toThrow('answered meanwhile');
    expect((await mesh.knowledge.listRepositories(principal, { limit: 5 })).items).toEqual([]);
    expect((await mesh.audit.list(principal.tenantId, { limit: 5 })).items).toEqual([]);
  });

  it('refuses a name that is taken, within one organization only', async () => {
    const { folder } = await mesh.repository({ 'a.ts': lease });
    const add = async (principal: Parameters<typeof mesh.add>[0]) =>
      mesh.knowledge.addRepository(principal, { name: 'shop', path: folder }, async () => undefined);
    const principal = await mesh.organization();
    await add(principal);
    await expect(add(principal)).rejects.toMatchObject({ code: 'conflict' });
    await expect(add(await mesh.organization())).resolves.toMatchObject({ status: 'queued' });
  });

  it('refuses a folder outside the roots', async () => {
    const principal = await mesh.organization();
    const request = { name: 'outside', path: process.cwd() };
    await expect(mesh.knowledge.addRepository(principal, request, async () => undefined)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('keeps organizations apart, in lists, in searches and in requests to index', async () => {
    const { principal, id } = await indexed({ 'lease.ts': lease });
    const stranger = await mesh.organization();
    expect((await mesh.knowledge.listRepositories(stranger, { limit: 5 })).items).toEqual([]);
    expect((await mesh.knowledge.search(stranger, { query: 'renewLease', limit: 5 })).outcome).toBe('not_indexed');
    const request = { query: 'renewLease', repositoryId: id, limit: 5 };
    await expect(mesh.knowledge.search(stranger, request)).rejects.toMatchObject({ code: 'not_found' });
    await expect(mesh.knowledge.reindex(stranger, id)).rejects.toMatchObject({ code: 'not_found' });
    await mesh.index(stranger, id);
    expect(await mesh.read(principal, id)).toMatchObject({ status: 'ready' });
    expect((await mesh.knowledge.search(principal, request)).outcome).toBe('matches');
  });

  it('tells nothing indexed, nothing found and a newer HEAD apart [knowledge.truthful]', async () => {
    const principal = await mesh.organization();
    const search = (query: string) => mesh.knowledge.search(principal, { query, limit: 5 });
    expect(await search('renewLease')).toEqual({ outcome: 'not_indexed', hits: [], stale: [] });
    const repository = await mesh.repository({ 'lease.ts': lease });
    const { id } = await mesh.add(principal, repository);
    expect(await search('renewLease')).toEqual({ outcome: 'not_indexed', hits: [], stale: [] });
    await mesh.index(principal, id);
    expect(await search('zebra quagga okapi')).toEqual({ outcome: 'no_match', hits: [], stale: [] });
    const commit = (await mesh.read(principal, id)).commit!;
    const head = await repository.commit({ 'lease.ts': color });
    const patient = createKnowledge({ ...mesh.context, stream: mesh.stream });
    const answer = await patient.search(principal, { query: 'renewLease', limit: 5 });
    expect(answer).toMatchObject({ outcome: 'matches', stale: [{ repositoryId: id, indexed: commit, head }] });
    expect(answer.hits[0]).toMatchObject({ commit });
  });

  it('searches all repositories of the organization, or one', async () => {
    const { principal, id } = await indexed({ 'lease.ts': lease });
    const other = await mesh.add(principal, await mesh.repository({ 'copy/lease.ts': lease, 'color.ts': color }));
    await mesh.index(principal, other.id);
    const search = async (repositoryId?: string) =>
      (await mesh.knowledge.search(principal, { query: 'renewLease', repositoryId, limit: 5 })).hits;
    expect((await search()).map((hit) => hit.repositoryId).sort()).toEqual([id, other.id].sort());
    expect((await search(other.id)).map((hit) => hit.path)).toEqual(['copy/lease.ts']);
  });

  it('answers any text without failing', async () => {
    const { principal } = await indexed({ 'lease.ts': lease });
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom("'", '\\', "' | !x", ':*', '日本 OR', '\0'),
    );
    await fc.assert(
      fc.asyncProperty(text, async (query) => {
        const { outcome } = await mesh.knowledge.search(principal, { query, limit: 5 });
        expect(['matches', 'no_match']).toContain(outcome);
      }),
      { numRuns: 40 },
    );
  });

  it('lists pages, newest first, and answers as its operations declare', async () => {
    const { principal, id } = await indexed({ 'lease.ts': lease });
    const second = await mesh.add(principal, await mesh.repository({ 'a.ts': color }));
    const first = await mesh.knowledge.listRepositories(principal, { limit: 1 });
    const rest = await mesh.knowledge.listRepositories(principal, { limit: 1, cursor: first.nextCursor });
    expect([...first.items, ...rest.items].map((row) => row.id)).toEqual([second.id, id]);
    expect(rest.nextCursor).toBeUndefined();
    const call = {
      request: new Request('http://localhost'),
      signal: new AbortController().signal,
      headers: new Headers(),
      principal,
      remember: async () => undefined,
      header: () => null,
      rawBody: undefined,
    };
    const inputs: Record<string, { params?: unknown; query?: unknown; body?: unknown }> = {
      'knowledge.addRepository': { body: { name: newId(), path: (await mesh.repository({ 'b.ts': color })).folder } },
      'knowledge.listRepositories': { query: { limit: 10 } },
      'knowledge.reindex': { params: { repositoryId: id } },
      'knowledge.search': { body: { query: 'renewLease', limit: 5 } },
    };
    for (const { operation, handle } of knowledgeRoutes({ knowledge: mesh.knowledge })) {
      const input = { params: undefined, query: undefined, body: undefined, ...inputs[operation.id] };
      const answer = await handle({ ...call, ...input });
      expect(operation.response?.safeParse(answer).error, operation.id).toBeUndefined();
    }
  });

  it('refuses a model whose vectors it cannot store', () => {
    const embedder = { ...mesh.embedder, model: { ...mesh.embedder.model, dimensions: 1024 } };
    const options = { ...mesh.context, stream: mesh.stream, embedder, telemetry: silentTelemetry };
    expect(() => createKnowledge(options)).toThrow(expect.objectContaining({ code: 'invalid_config' }));
  });

  it('with the local model, finds by meaning what shares hardly a word with the question, and nothing for nonsense', async () => {
    const embedder = createLocalEmbedder();
    onTestFinished(() => embedder.close());
    const principal = await mesh.organization();
    const repository = await mesh.repository({ 'lease.ts': lease, 'color.ts': color, 'discount.ts': discount });
    const { id } = await mesh.add(principal, repository);
    await mesh.index(principal, id, { embedder });
    const knowledge = createKnowledge({ ...mesh.context, embedder, stream: mesh.stream });
    const best = async (query: string) => (await knowledge.search(principal, { query, limit: 3 })).hits[0]?.path;
    expect(await best('combine two hues')).toBe('color.ts');
    expect(await best('stale fence')).toBe('lease.ts');
    expect(await best('weather forecast for tomorrow in Berlin')).toBeUndefined();
  });
});
