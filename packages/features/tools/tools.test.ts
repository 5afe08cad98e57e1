import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolRoutes } from './index.ts';
import { nothing, openToolsBench, type ToolsBench } from './tools.fixture.ts';

describe('tools', () => {
  let bench: ToolsBench;
  beforeAll(async () => {
    bench = await openToolsBench();
  });
  afterAll(() => bench.close());

  describe('organizations', () => {
    it('neither see nor call, change or delete what is another one’s', async () => {
      const [owner, stranger] = [await bench.newPrincipal(), await bench.newPrincipal()];
      const { tool } = await bench.importByUrl(owner);
      expect((await bench.tools.list(stranger, { limit: 10 })).items).toEqual([]);
      expect((await bench.catalogueOf(stranger)).items).toEqual([]);
      const before = bench.received.length;
      await expect(bench.call(stranger, 'issues_echo')).rejects.toMatchObject({ code: 'not_found' });
      await expect(bench.tools.delete(stranger, tool.id)).rejects.toMatchObject({ code: 'not_found' });
      const credential = { kind: 'bearer', token: 'x' } as const;
      await expect(bench.tools.credentials.set(stranger, tool.id, 'organization', credential)).rejects.toMatchObject({
        code: 'not_found',
      });
      expect(bench.received).toHaveLength(before);
      await bench.importByUrl(stranger);
      await bench.tools.delete(owner, tool.id);
      expect((await bench.catalogueOf(stranger)).items).toHaveLength(8);
    });
  });

  describe('lists', () => {
    it('page through every tool once, in order [api.paging]', async () => {
      const principal = await bench.newPrincipal();
      await bench.importByUrl(principal);
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await bench.tools.catalogue(principal, { cursor, limit: 3 });
        names.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(names).toEqual((await bench.catalogueOf(principal)).items.map(({ name }) => name));
      expect(names).toHaveLength(8);
      await expect(bench.tools.catalogue(principal, { cursor: '!', limit: 3 })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });

    it('show nothing of a service that was deleted', async () => {
      const principal = await bench.newPrincipal();
      const { tool } = await bench.importByUrl(principal, { credential: { kind: 'bearer', token: 'token-1' } });
      await bench.tools.delete(principal, tool.id);
      expect((await bench.catalogueOf(principal)).items).toEqual([]);
      await expect(bench.call(principal, 'issues_echo')).rejects.toMatchObject({ code: 'not_found' });
      await expect(bench.tools.delete(principal, tool.id)).rejects.toMatchObject({ code: 'not_found' });
      expect((await bench.trailOf(principal)).items.map(({ action }) => action)).toEqual([
        'tools.delete',
        'tools.import',
      ]);
    });
  });

  it('answers every declared operation in the declared shape', async () => {
    const principal = await bench.newPrincipal();
    const routes = new Map(toolRoutes({ tools: bench.tools }).map((route) => [route.operation.id, route]));
    const ask = async (id: string, part: object): Promise<unknown> => {
      const route = routes.get(id);
      const answer = await route?.handle({
        principal,
        request: new Request('http://x/'),
        signal: new AbortController().signal,
        headers: new Headers(),
        remember: nothing,
        header: () => null,
        rawBody: undefined,
        params: undefined,
        query: undefined,
        body: undefined,
        ...part,
      });
      return route?.operation.response?.parse(answer);
    };
    const imported = (await ask('tools.import', { body: { name: 'issues', url: `${bench.origin}/openapi.json` } })) as {
      tool: { id: string };
    };
    const params = { toolId: imported.tool.id };
    await ask('tools.setCredential', { params, body: { kind: 'bearer', token: 'token-1' } });
    expect(await ask('tools.list', { query: { limit: 5 } })).toMatchObject({ items: [{ hasCredential: true }] });
    expect(await ask('tools.catalogue', { query: { limit: 5 } })).toMatchObject({
      nextCursor: expect.any(String) as string,
    });
    expect(await ask('tools.call', { params: { name: 'issues_echo' }, body: { arguments: {} } })).toMatchObject({
      status: 200,
    });
    await ask('tools.delete', { params });
    expect([...routes.keys()]).toEqual(
      expect.arrayContaining([
        'tools.call',
        'tools.catalogue',
        'tools.delete',
        'tools.import',
        'tools.list',
        'tools.readResult',
      ]),
    );
  });
});
