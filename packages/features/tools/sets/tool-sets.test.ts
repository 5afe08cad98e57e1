import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import type { ToolSetDefinition } from './tool-set.ts';

const empty: ToolSetDefinition = {
  title: 'Set',
  description: '',
  include: [],
  pinned: [],
  excluded: [],
  platformTools: false,
  unprefixed: false,
};

describe('tool sets', () => {
  let bench: ToolsBench;
  let principal: Principal;
  beforeAll(async () => {
    bench = await openToolsBench();
    principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    await bench.importByUrl(principal, { name: 'other' });
  });
  afterAll(() => bench.close());

  const put = (name: string, rest: Partial<ToolSetDefinition>) =>
    bench.tools.sets.put(principal, name, { ...empty, ...rest });
  const namesOf = async (set: string, limit = 200): Promise<readonly string[]> => {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.tools.catalogue(principal, { limit, cursor, set });
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return names;
  };
  const call = (set: string, name: string, values: Record<string, unknown> = {}) =>
    bench.tools.call({ principal, set, name, arguments: values });

  it('take tools by service, name and effect, pinned ones in any case, and excluded ones in none [tools.sets]', async () => {
    await put('mixed', {
      include: [
        { service: 'issues', names: ['*_get*', '*Issue'], effects: ['read', 'write'] },
        { service: 'other', effects: ['destructive'] },
      ],
      pinned: ['other_echo', 'other_large'],
      excluded: ['*_large'],
    });
    expect(await namesOf('mixed')).toEqual([
      'issues_createIssue',
      'issues_getIssue',
      'other_deleteIssue',
      'other_echo',
    ]);
  });

  it('call their own tools, and find no other [tools.sets]', async () => {
    await put('read', { include: [{ names: ['issues_getIssue'] }] });
    expect((await call('read', 'issues_getIssue', { number: 1 })).status).toBe(200);
    const asked = bench.received.length;
    await expect(call('read', 'issues_deleteIssue', { number: 1 })).rejects.toMatchObject({ code: 'not_found' });
    await expect(call('none', 'issues_getIssue', { number: 1 })).rejects.toMatchObject({ code: 'not_found' });
    await expect(namesOf('none')).rejects.toMatchObject({ code: 'not_found' });
    expect(bench.received).toHaveLength(asked);
  });

  it('show and call tools without the name of their service where that is enough to tell them apart [tools.sets]', async () => {
    await put('bare', { include: [{ service: 'issues' }], pinned: ['other_echo'], unprefixed: true });
    const names = await namesOf('bare');
    expect(names).toEqual(expect.arrayContaining(['getIssue', 'createIssue', 'issues_echo', 'other_echo']));
    expect(new Set(names).size).toBe(names.length);
    expect((await call('bare', 'getIssue', { number: 1 })).status).toBe(200);
    expect((await call('bare', 'other_echo')).status).toBe(200);
    for (const name of ['issues_getIssue', 'echo', 'other_getIssue']) {
      await expect(call('bare', name, { number: 1 })).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('page through every tool once, however small the pages are', async () => {
    await put('all', { include: [{}], unprefixed: true });
    expect((await namesOf('all', 2)).toSorted()).toEqual((await namesOf('all')).toSorted());
  });

  it('narrow what a key may call, and never widen it [tools.sets]', async () => {
    await put('wide', { include: [{}] });
    const confined: Principal = { ...principal, keyType: 'gateway', tools: { allow: ['other_*'], deny: [] } };
    const page = await bench.tools.catalogue(confined, { limit: 200, set: 'wide' });
    expect(page.items.every(({ service }) => service === 'other')).toBe(true);
    expect(page.items.length).toBeGreaterThan(0);
    const values = { principal: confined, set: 'wide', name: 'issues_getIssue', arguments: { number: 1 } };
    await expect(bench.tools.call(values)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('show a tool without the name of its service as soon as the other of that name is hidden [tools.sets]', async () => {
    await put('echoes', { include: [{ names: ['*_echo'] }], unprefixed: true });
    expect(await namesOf('echoes')).toEqual(['issues_echo', 'other_echo']);
    const { id } = (await bench.tools.list(principal, { limit: 50 })).items.find(({ name }) => name === 'other')!;
    const hiding = { toolId: id, operation: 'other_echo' };
    await bench.tools.shaping.override(principal, { ...hiding, override: { hidden: 'Too loud.' } });
    expect(await namesOf('echoes')).toEqual(['echo']);
    expect((await call('echoes', 'echo')).status).toBe(200);
    await bench.tools.shaping.removeOverride(principal, hiding);
  });

  it('tell whoever shows them that they changed [tools.sets]', async () => {
    await put('told', {});
    await bench.tools.sets.delete(principal, 'told');
    const { items } = await bench.feedOf(principal);
    const told = items.filter(({ type, subjectId }) => type === 'tool.changed' && subjectId === 'told');
    expect(told).toHaveLength(2);
  });

  it('are at most 200, of which each may still be replaced', async () => {
    const full = await bench.newPrincipal();
    await bench.database.tenant(full.tenantId, (tx) =>
      sql`insert into mcp.tool_sets (tenant_id, name, definition)
        select ${full.tenantId}::uuid, 'set-' || n, ${JSON.stringify(empty)}::jsonb
        from generate_series(1, 200) as n`.execute(tx),
    );
    await expect(bench.tools.sets.put(full, 'more', empty)).rejects.toMatchObject({ code: 'conflict' });
    expect((await bench.tools.sets.put(full, 'set-7', { ...empty, title: 'New' })).definition.title).toBe('New');
  });

  it('can be replaced, listed and removed, and are of one organization alone [audit.every-write]', async () => {
    await put('gone', { title: 'First' });
    expect((await put('gone', { title: 'Second' })).definition.title).toBe('Second');
    const listed = await bench.tools.sets.list(principal, { limit: 200 });
    expect(listed.items.map(({ name }) => name)).toContain('gone');
    const stranger = await bench.newPrincipal();
    expect((await bench.tools.sets.list(stranger, { limit: 200 })).items).toEqual([]);
    await expect(bench.tools.sets.get(stranger, 'gone')).rejects.toMatchObject({ code: 'not_found' });
    await expect(bench.tools.sets.delete(stranger, 'gone')).rejects.toMatchObject({ code: 'not_found' });
    await bench.tools.sets.delete(principal, 'gone');
    await expect(bench.tools.sets.get(principal, 'gone')).rejects.toMatchObject({ code: 'not_found' });
    const actions = (await bench.trailOf(principal)).items.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['toolSets.put', 'toolSets.delete']));
  });
});
