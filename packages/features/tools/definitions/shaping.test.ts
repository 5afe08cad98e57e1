import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import type { Definition } from './definition.ts';
import { readToolOf } from './definition.ts';
import { replaceDefinitions } from './replace-definitions.ts';
import { openToolsBench, type ToolsBench } from '../tools.fixture.ts';

const page = { limit: 200 };

describe('what an organization makes of a service', () => {
  let bench: ToolsBench;
  let principal: Principal;
  let toolId: string;
  beforeAll(async () => {
    bench = await openToolsBench();
    principal = await bench.newPrincipal();
    toolId = (await bench.importByUrl(principal)).tool.id;
  });
  afterAll(() => bench.close());

  const shaping = () => bench.tools.shaping;
  const namesOf = async (): Promise<readonly string[]> =>
    (await bench.catalogueOf(principal)).items.map(({ name }) => name);
  const override = (operation: string, wanted: object) =>
    shaping().override(principal, { toolId, operation, override: wanted });
  const reset = (operation: string) => shaping().removeOverride(principal, { toolId, operation });

  it('renames, redescribes and hides, and says why something is hidden [tools.override]', async () => {
    await override('issues_getIssue', { name: 'look_at_issue', title: 'Look', description: 'Shows one.' });
    await override('DELETE /issues/{number}', { hidden: 'Nobody deletes here.' });
    const { items } = await bench.catalogueOf(principal);
    expect(items.find(({ name }) => name === 'look_at_issue')).toMatchObject({
      title: 'Look',
      description: 'Shows one.',
    });
    expect(items.map(({ name }) => name)).not.toContain('issues_getIssue');
    expect(items.map(({ name }) => name)).not.toContain('issues_deleteIssue');
    await expect(bench.call(principal, 'issues_deleteIssue', { number: 1 })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(bench.call(principal, 'issues_getIssue', { number: 1 })).rejects.toMatchObject({ code: 'not_found' });
    expect((await bench.call(principal, 'look_at_issue', { number: 1 })).status).toBe(200);
    const operations = (await shaping().operations(principal, toolId, page)).items;
    expect(operations.find(({ key }) => key === 'DELETE /issues/{number}')).toMatchObject({
      hiddenReason: 'Nobody deletes here.',
      hiddenBy: 'override',
    });
    expect(operations.find(({ name }) => name === 'look_at_issue')).toMatchObject({ sourceName: 'issues_getIssue' });
    await reset('look_at_issue');
    await reset('DELETE /issues/{number}');
    expect(await namesOf()).toEqual(expect.arrayContaining(['issues_getIssue', 'issues_deleteIssue']));
  });

  it('lets two tools exchange their names, and none take the name of another', async () => {
    await expect(override('issues_getIssue', { name: 'issues_deleteIssue' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(override('issues_getIssue', { name: 'devmesh_tasks' })).rejects.toMatchObject({ code: 'conflict' });
    await override('issues_getIssue', { name: 'first' });
    // Its own name is kept for it.
    await expect(override('issues_deleteIssue', { name: 'issues_getIssue' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await override('first', { name: 'second' });
    expect(await namesOf()).toContain('second');
    await reset('second');
  });

  it('fixes arguments, so that nobody can give them, and adds them to each call [tools.fixed-arguments]', async () => {
    const fixed = await override('issues_createIssue', {
      fixed: { labels: ['mesh'] },
      defaults: { title: 'Untitled' },
    });
    expect(fixed.override).toEqual({ fixed: { labels: ['mesh'] }, defaults: { title: 'Untitled' } });
    const tool = (await bench.catalogueOf(principal)).items.find(({ name }) => name === 'issues_createIssue');
    expect(Object.keys(tool?.inputSchema['properties'] as object)).toEqual(['title']);
    expect(tool?.inputSchema['required']).toBeUndefined();
    await bench.call(principal, 'issues_createIssue');
    expect(JSON.parse(bench.received.at(-1)?.body ?? '')).toEqual({ labels: ['mesh'], title: 'Untitled' });
    await bench.call(principal, 'issues_createIssue', { title: 'Mine' });
    expect(JSON.parse(bench.received.at(-1)?.body ?? '')).toEqual({ labels: ['mesh'], title: 'Mine' });
    const own = bench.call(principal, 'issues_createIssue', { labels: ['own'] });
    await expect(own).rejects.toMatchObject({ code: 'invalid_request' });
    await reset('issues_createIssue');
    await expect(bench.call(principal, 'issues_createIssue')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it.each([
    ['a value of another type', { fixed: { labels: 'mesh' } }],
    ['a value out of bounds', { defaults: { title: '' } }],
    ['an argument that is none', { fixed: { nothing: 1 } }],
    ['an argument twice', { fixed: { title: 'a' }, defaults: { title: 'b' } }],
  ])('refuses to fix %s', async (_what, wanted) => {
    await expect(override('issues_createIssue', wanted)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('routes operations by method, path and tag; the first rule that fits counts [tools.route-rules]', async () => {
    const rules = [
      { path: '/issues/*', methods: ['GET'], as: 'tool' },
      { path: '/issues/**', as: 'excluded' },
      { methods: ['GET'], path: '/echo', as: 'resource' },
      { tags: ['none'], as: 'excluded' },
    ] as const;
    const preview = await shaping().previewRules(principal, toolId, rules);
    expect(preview.unused).toEqual([3]);
    expect(preview.changes.map(({ key, after, rule }) => [key, after, rule])).toEqual([
      ['DELETE /issues/{number}', 'excluded', 1],
      ['GET /echo', 'resource', 2],
      ['POST /issues', 'excluded', 1],
    ]);
    expect(await namesOf()).toContain('issues_createIssue');
    await shaping().setRules(principal, toolId, rules);
    const names = await namesOf();
    expect(names).toContain('issues_getIssue');
    for (const gone of ['issues_createIssue', 'issues_deleteIssue', 'issues_echo']) expect(names).not.toContain(gone);
    await expect(bench.call(principal, 'issues_createIssue', { title: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await shaping().setRules(principal, toolId, []);
    expect(await namesOf()).toEqual(
      expect.arrayContaining(['issues_createIssue', 'issues_deleteIssue', 'issues_echo']),
    );
  });

  it('asks the rules of the organization where those of the service say nothing', async () => {
    await shaping().setRules(principal, null, [{ path: '/issues/**', as: 'excluded' }]);
    expect(await namesOf()).not.toContain('issues_getIssue');
    await shaping().setRules(principal, toolId, [{ methods: ['GET'], as: 'tool' }]);
    const names = await namesOf();
    expect(names).toContain('issues_getIssue');
    expect(names).not.toContain('issues_deleteIssue');
    await shaping().setRules(principal, null, []);
    await shaping().setRules(principal, toolId, []);
  });

  it('keeps a reason for hiding that is not of its settings', async () => {
    const hide = sql`update mcp.tool_operations set hidden_reason = 'No permission.' where key = 'GET /large'`;
    await bench.database.tenant(principal.tenantId, (tx) => hide.execute(tx));
    await override('GET /large', { title: 'Large' });
    const { items } = await shaping().operations(principal, toolId, page);
    expect(items.find(({ key }) => key === 'GET /large')).toMatchObject({
      hiddenReason: 'No permission.',
      hiddenBy: null,
    });
  });

  it('finds nothing of another organization', async () => {
    const stranger = await bench.newPrincipal();
    for (const attempt of [
      () => shaping().operations(stranger, toolId, page),
      () => shaping().override(stranger, { toolId, operation: 'issues_getIssue', override: { title: 'x' } }),
      () => shaping().setRules(stranger, toolId, []),
      () => shaping().rules(stranger, toolId),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

const definition = (key: string, rest: Partial<Definition> = {}): Definition => ({
  key,
  name: `api_${key}`,
  title: key,
  description: `Does ${key}.`,
  method: 'GET',
  path: `/${key}`,
  server: null,
  inputSchema: { type: 'object', properties: { size: { type: 'integer' } }, additionalProperties: false },
  outputSchema: null,
  security: [],
  binding: { parameters: [] },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  tags: [],
  ...rest,
});

describe('replacing definitions', () => {
  let bench: ToolsBench;
  let principal: Principal;
  let tool: { readonly id: string; readonly name: string };
  beforeAll(async () => {
    bench = await openToolsBench();
    principal = await bench.newPrincipal();
    tool = (await bench.importByUrl(principal, { name: 'api' })).tool;
  });
  afterAll(() => bench.close());

  const replace = (...definitions: readonly Definition[]) =>
    bench.database.tenant(principal.tenantId, (tx) =>
      replaceDefinitions(tx, { tool, base: definitions.map(readToolOf) }),
    );
  const rows = () =>
    bench.database.tenant(principal.tenantId, async (tx) => {
      const found = await sql<{
        key: string;
        name: string;
        pin: string;
        version: string;
        title: string;
        hidden: string | null;
      }>`
        select key, name, pin, xmin::text as version, title, hidden_reason as hidden from mcp.tool_operations
        where tool_id = ${tool.id} order by key`.execute(tx);
      return found.rows;
    });

  it('writes what changed, and leaves every other row alone [tools.pinned]', async () => {
    expect(await replace(definition('a'), definition('b'))).toMatchObject({ added: 2, changed: 0 });
    const before = await rows();
    const reordered = {
      ...definition('a'),
      inputSchema: { additionalProperties: false, properties: { size: { type: 'integer' } }, type: 'object' },
    };
    expect(await replace(reordered, definition('b', { title: 'B' }), definition('c'))).toEqual({
      added: 1,
      changed: 1,
      removed: 0,
    });
    const after = await rows();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]?.version).not.toBe(before[1]?.version);
    expect(after[1]?.pin).not.toBe(before[1]?.pin);
    expect(after.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(await replace(definition('a'))).toEqual({ added: 0, changed: 0, removed: 2 });
  });

  it('keeps the name of a key, whatever the source calls it then, and avoids names that are taken', async () => {
    await replace(definition('a'));
    await replace(definition('a', { name: 'api_other' }), definition('b', { name: 'api_a' }));
    const [a, b] = await rows();
    expect(a?.name).toBe('api_a');
    expect(b?.name).toMatch(/^api_a_[0-9a-f]{8}$/u);
  });

  it('leaves a renamed tool the name that it had, and gives no two tools one name [tools.override]', async () => {
    await replace(definition('a'));
    const rename = (operation: string, name: string) =>
      bench.tools.shaping.override(principal, { toolId: tool.id, operation, override: { name } });
    await rename('a', 'mine');
    await replace(definition('a'), definition('b', { name: 'api_a' }));
    const [a, b] = await rows();
    expect(a?.name).toBe('mine');
    expect(b?.name).toMatch(/^api_a_[0-9a-f]{8}$/u);
    // An override waits for an operation that comes again, when another has taken its name.
    await replace(definition('b', { name: 'api_b' }));
    await replace();
    await replace(definition('c', { name: 'mine' }));
    await replace(definition('c', { name: 'mine' }), definition('a'));
    expect((await rows()).map(({ key, name }) => [key, name])).toEqual([
      ['a', 'api_a'],
      ['c', 'mine'],
    ]);
    await bench.tools.shaping.removeOverride(principal, { toolId: tool.id, operation: 'a' });
    await replace();
  });

  it('keeps overrides while the source changes, and hides what one does not fit any more', async () => {
    await replace(definition('a'));
    const wanted = { title: 'Mine', fixed: { size: 3 } };
    await bench.tools.shaping.override(principal, { toolId: tool.id, operation: 'a', override: wanted });
    await replace(definition('a', { title: 'Theirs', description: 'New.' }));
    expect((await rows())[0]).toMatchObject({ title: 'Mine', hidden: null });
    await replace(definition('a', { inputSchema: { type: 'object', properties: { size: { type: 'string' } } } }));
    expect((await rows())[0]?.hidden).toMatch(/does not fit it any more: size/u);
    await replace();
    await replace(definition('a'));
    expect((await rows())[0]).toMatchObject({ title: 'Mine', hidden: null });
    await bench.tools.shaping.removeOverride(principal, { toolId: tool.id, operation: 'a' });
    expect((await rows())[0]).toMatchObject({ title: 'a' });
  });
});
