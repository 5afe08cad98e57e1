import { sql } from 'kysely';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { openToolsBench, type ToolsBench } from './tools.fixture.ts';

describe('the tools that a key may call', () => {
  let bench: ToolsBench;
  let admin: Principal;
  beforeAll(async () => {
    bench = await openToolsBench();
    admin = await bench.newPrincipal();
    await bench.importByUrl(admin);
  });
  afterAll(() => bench.close());

  const allOf = async (principal: Principal, limit = 200): Promise<readonly (readonly string[])[]> => {
    const pages: (readonly string[])[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.tools.catalogue(principal, { cursor, limit });
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return pages;
  };
  const policies = (principal: Principal, revision: number, text: string) =>
    bench.policy.set(principal, { text, tests: [], calls: [], expectedRevision: revision });
  const permitAll = '@id("all") permit(principal, action, resource);\n';
  const codeOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'answered',
      (error: unknown) => String((error as { code?: unknown }).code),
    );

  it('are listed to nobody who may call none', async () => {
    const reader: Principal = { ...admin, scopes: ['tools:read'] };
    expect(await allOf(reader)).toEqual([[]]);
    await expect(bench.call(reader, 'issues_echo')).rejects.toMatchObject({ denial: { reason: 'scope_missing' } });
  });

  it('are exactly those whose calls are let through, whatever confines the key [policy.one-decision]', async () => {
    const [everything = []] = await allOf(admin);
    expect(everything.length).toBeGreaterThan(4);
    const patterns = fc.subarray(['issues_*', '*Issue', 'issues_echo*', 'none', '*']);
    await fc.assert(
      fc.asyncProperty(fc.option(patterns, { nil: undefined }), patterns, async (allow, deny) => {
        const principal: Principal = { ...admin, tools: { allow, deny } };
        const [listed = []] = await allOf(principal);
        for (const name of everything) {
          const code = await codeOf(bench.call(principal, name, { number: 1, title: 't' }));
          expect([name, code === 'forbidden']).toEqual([name, !listed.includes(name)]);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('follow the policies of the organization, by service, effect, tag and name', async () => {
    const own = await bench.newPrincipal();
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'T', version: '1' },
      servers: [{ url: bench.origin }],
      paths: {
        '/a': { get: { operationId: 'readA', tags: ['safe'] }, delete: { operationId: 'dropA', tags: ['danger'] } },
        '/b': { post: { operationId: 'makeB', tags: ['danger', 'slow'] } },
      },
    });
    const nothing = async (): Promise<void> => undefined;
    await bench.tools.import(own, { name: 'things', document }, nothing);
    const forbidden: readonly (readonly [string, readonly string[]])[] = [
      ['resource in Effect::"destructive"', ['things_makeB', 'things_readA']],
      ['resource in Tag::"danger"', ['things_readA']],
      ['resource in Service::"things"', []],
      ['resource == Tool::"things_makeB"', ['things_dropA', 'things_readA']],
      [
        'resource) when { resource is Tool && resource.name like "*A" }; @id("x") forbid(principal is User, action, resource',
        ['things_makeB'],
      ],
    ];
    for (const [revision, [head, left]] of forbidden.entries()) {
      await policies(own, revision, `${permitAll}@id("no") forbid(principal, action, ${head});`);
      expect([head, await allOf(own)]).toEqual([head, [left]]);
    }
  });

  it('fill their pages, so that an empty page is the last [api.paging]', async () => {
    const own = await bench.newPrincipal();
    await bench.importByUrl(own);
    await bench.database.tenant(own.tenantId, (tx) =>
      sql`
        insert into mcp.tool_operations
          (tenant_id, key, name, tool_id, title, description, method, path, input_schema, binding, annotations)
        select o.tenant_id, 'GET /x' || n::text, 'many_' || lpad(n::text, 4, '0') || case when n % 10 = 0 then '_kept' else '' end, o.tool_id,
          'T', '', 'GET', '/x', o.input_schema, o.binding, o.annotations
        from (select * from mcp.tool_operations limit 1) o, generate_series(1, 300) n`.execute(tx),
    );
    const principal: Principal = { ...own, tools: { allow: ['many_*_kept'], deny: [] } };
    const pages = await allOf(principal, 7);
    expect(pages.map((page) => page.length)).toEqual([7, 7, 7, 7, 2]);
    expect(new Set(pages.flat()).size).toBe(30);
    expect(pages.flat()).toEqual(pages.flat().toSorted());
    const none: Principal = { ...own, tools: { allow: ['nothing'], deny: [] } };
    expect(await allOf(none, 7)).toEqual([[]]);
  });

  it('are refused by their arguments only when they are called, and nothing is sent', async () => {
    const own = await bench.newPrincipal();
    await bench.importByUrl(own);
    const rule = `@id("no-labels") forbid(principal, action, resource in Service::"issues")
      when { context.arguments.hasTag("title") && context.arguments.getTag("title") == "secret" };`;
    await policies(own, 0, permitAll + rule);
    expect((await allOf(own)).flat()).toContain('issues_createIssue');
    const before = bench.received.length;
    await expect(bench.call(own, 'issues_createIssue', { title: 'secret' })).rejects.toMatchObject({
      code: 'forbidden',
      denial: { reason: 'policy_forbids', rule: 'no-labels' },
    });
    expect(bench.received).toHaveLength(before);
    const { items } = await bench.trailOf(own);
    expect(items[0]).toMatchObject({
      action: 'tools.call',
      outcome: 'denied',
      subject: 'issues_createIssue',
      rule: 'policy:no-labels',
      detail: { reason: 'policy_forbids' },
    });
    expect(JSON.stringify(items)).not.toContain('secret');
    expect((await bench.call(own, 'issues_createIssue', { title: 'open' })).isError).toBe(false);
  });

  it('that are hidden do not tell their schema: the denial comes before the arguments are checked', async () => {
    const confined: Principal = { ...admin, tools: { allow: [], deny: [] } };
    const wrong = bench.call(confined, 'issues_createIssue', { unknown: 1 });
    await expect(wrong).rejects.toMatchObject({ code: 'forbidden', issues: [] });
  });
});
