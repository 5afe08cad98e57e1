import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { readResourceAddress, resourceAddress } from './resource-uri.ts';

describe('operations that are read as resources', () => {
  let bench: ToolsBench;
  let principal: Principal;
  beforeAll(async () => {
    bench = await openToolsBench();
    principal = await bench.newPrincipal();
    const { tool } = await bench.importByUrl(principal);
    await bench.tools.shaping.setRules(principal, tool.id, [
      { methods: ['GET'], path: '/issues/*', as: 'resource' },
      { path: '/issues/**', as: 'resource' },
      { path: '/echo', as: 'excluded' },
    ]);
  });
  afterAll(() => bench.close());

  const read = (uri: string, as = principal) => bench.tools.exposed.read({ principal: as, uri });

  it('are listed apart from tools, and only those that change nothing [tools.route-rules]', async () => {
    const { items } = await bench.tools.exposed.list(principal, { limit: 50 });
    expect(items.map(({ name }) => name)).toEqual(['issues_getIssue']);
    const tools = (await bench.catalogueOf(principal)).items.map(({ name }) => name);
    expect(tools).not.toContain('issues_getIssue');
    expect(tools).toContain('issues_deleteIssue');
  });

  it('are read by the path of calls, with the arguments of their address', async () => {
    const result = await read('devmesh://tools/issues/issues_getIssue?number=7&fields=a&fields=b');
    expect(result.structured).toMatchObject({ path: expect.stringContaining('/issues/7') });
    expect(bench.received.at(-1)?.url).toMatch(/fields=a/u);
    expect((await bench.trailOf(principal)).items[0]).toMatchObject({
      action: 'tools.call',
      subject: 'issues_getIssue',
    });
  });

  it.each([
    'devmesh://tools/other/issues_getIssue?number=7',
    'devmesh://tools/issues/issues_deleteIssue?number=7',
    'devmesh://tools/issues/issues_echo',
    'devmesh://tools/issues',
    'https://example.org/',
  ])('are not found at %s', async (uri) => {
    const asked = bench.received.length;
    await expect(read(uri)).rejects.toMatchObject({ code: 'not_found' });
    expect(bench.received).toHaveLength(asked);
  });

  it('are neither shown nor read where their tool may not be called [policy.one-decision]', async () => {
    const confined: Principal = { ...principal, keyType: 'gateway', tools: { allow: ['nothing'], deny: [] } };
    expect((await bench.tools.exposed.list(confined, { limit: 50 })).items).toEqual([]);
    const uri = 'devmesh://tools/issues/issues_getIssue?number=7';
    await expect(read(uri, confined)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(read(uri, await bench.newPrincipal())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('have an address that says which arguments they take', () => {
    const schema = { type: 'object', properties: { number: {}, 'not-a-name': {} } };
    expect(resourceAddress('issues', 'issues_getIssue', schema)).toEqual({
      uri: 'devmesh://tools/issues/issues_getIssue{?number}',
      isTemplate: true,
    });
    expect(readResourceAddress('devmesh://tools/a/b?x=1&y=2&y=3').arguments).toEqual({ x: '1', y: ['2', '3'] });
  });
});
