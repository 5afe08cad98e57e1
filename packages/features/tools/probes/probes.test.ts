import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { json, startSite, type Asked, type Site } from '../discovery/site.fixture.ts';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { selectTenantsWithDue } from './store-probes.ts';

/** What the imitated GitHub allows a token. */
const scopesOf: Readonly<Record<string, string | undefined>> = {
  reader: 'read:org',
  writer: 'repo, workflow',
  fine: undefined,
};

const api = {
  openapi: '3.0.3',
  info: { title: 'G', version: '1' },
  servers: [{ url: 'https://api.github.com' }],
  paths: {
    '/repos/{owner}/{repo}': { get: { operationId: 'repos/get' }, delete: { operationId: 'repos/delete' } },
    '/repos/{owner}/{repo}/issues': { get: { operationId: 'issues/list' }, post: { operationId: 'issues/create' } },
    '/zen': { get: { operationId: 'meta/zen' } },
  },
};
const document = JSON.stringify(api);

describe('instances of packs, and looks at them', () => {
  let bench: ToolsBench;
  let principal: Principal;
  let site: Site;
  let state = 200;
  beforeAll(async () => {
    bench = await openToolsBench();
    principal = await bench.newPrincipal();
    site = await startSite(() => ({
      '/api/v3/rate_limit': ({ headers }: Asked, response) => {
        const token = headers.authorization?.replace('Bearer ', '') ?? '';
        const scopes = scopesOf[token];
        response
          .writeHead(token === 'revoked' ? 401 : state, scopes === undefined ? {} : { 'x-oauth-scopes': scopes })
          .end('{}');
      },
      '/plain': json({}),
      '/closed.json': ({ headers }: Asked, response) => {
        if (headers.authorization === 'Bearer inside')
          response.writeHead(200).end(
            JSON.stringify({
              swagger: '2.0',
              info: { title: 'N', version: '1' },
              paths: { '/v1/search': { get: {} }, '/v1/status': { get: {} } },
            }),
          );
        else response.writeHead(401).end();
      },
      '/moved/service/rest/swagger.json': ({ headers }: Asked, response) => {
        if (headers.authorization === undefined) response.writeHead(401).end();
        else response.writeHead(302, { location: `${site.elsewhere}/closed.json` }).end();
      },
      '/nexus/service/rest/swagger.json': ({ headers }: Asked, response) => {
        if (headers.authorization === 'Bearer inside')
          response.writeHead(200).end(
            JSON.stringify({
              swagger: '2.0',
              info: { title: 'N', version: '1' },
              paths: { '/v1/search': { get: {} }, '/v1/status': { get: {} } },
            }),
          );
        else response.writeHead(401).end();
      },
    }));
  });
  afterAll(async () => {
    await site.close();
    await bench.close();
  });

  const install = (who: Principal, rest: object = {}) =>
    bench.tools.packs.install(
      who,
      { pack: 'github', name: 'gh', baseUrl: `${site.origin}/api/v3`, document, set: 'default', ...rest },
      nothing,
    );
  const namesOf = async (who: Principal) => (await bench.catalogueOf(who)).items.map(({ name }) => name);
  const credential = (token: string) => ({ kind: 'bearer' as const, token });

  it('lists the default set under curated names; all else is called and can be listed [packs.default-set]', async () => {
    const installed = await install(principal);
    expect(installed).toMatchObject({
      pack: 'github',
      listed: 3,
      tool: { operationCount: 5, baseUrl: `${site.origin}/api/v3` },
    });
    expect(installed.missing).toContain(
      'PUT /repos/{owner}/{repo}/merge'.replace('/merge', '/pulls/{pull_number}/merge'),
    );
    expect(await namesOf(principal)).toEqual(['gh_create_issue', 'gh_get_repository', 'gh_list_issues']);
    expect((await bench.call(principal, 'gh_meta_zen')).status).toBe(404);
    const toolId = installed.tool.id;
    await bench.tools.packs.setListing(principal, { toolId, list: ['gh_meta_zen'], unlist: ['gh_list_issues'] });
    expect(await namesOf(principal)).toEqual(['gh_create_issue', 'gh_get_repository', 'gh_meta_zen']);
    await bench.tools.packs.setListing(principal, { toolId, set: 'all', list: [], unlist: [] });
    expect(await namesOf(principal)).toHaveLength(5);
    await bench.tools.packs.setListing(principal, { toolId, set: 'default', list: [], unlist: [] });
    expect(await namesOf(principal)).toEqual(['gh_create_issue', 'gh_get_repository', 'gh_list_issues']);
  });

  it('lists what arrives later only where all is listed, and keeps what somebody chose', async () => {
    const who = await bench.newPrincipal();
    const { tool } = await install(who);
    const grown = (...paths: string[]) =>
      JSON.stringify({
        ...api,
        paths: { ...api.paths, ...Object.fromEntries(paths.map((path) => [path, { get: {} }])) },
      });
    const names = await namesOf(who);
    await bench.tools.drift.refresh(who, tool.id, { document: grown('/one') });
    expect(await namesOf(who)).toEqual(names);
    await bench.tools.packs.setListing(who, { toolId: tool.id, set: 'all', list: [], unlist: ['gh_meta_zen'] });
    await bench.tools.drift.refresh(who, tool.id, { document: grown('/one', '/two') });
    const later = await namesOf(who);
    expect(later).toHaveLength(6);
    expect(later.filter((name) => /one|two/u.test(name))).toHaveLength(2);
    expect(later).not.toContain('gh_meta_zen');
  });

  it('stores nothing of a document that is another product’s', async () => {
    const who = await bench.newPrincipal();
    const other = JSON.stringify({
      openapi: '3.0.0',
      info: { title: 'x', version: '1' },
      paths: { '/a': { get: {} } },
    });
    await expect(install(who, { document: other })).rejects.toMatchObject({ code: 'broken_document' });
    expect(await bench.rowsOf(who)).toBe('');
  });

  it('fetches the document of an instance with its credential where strangers are refused', async () => {
    const who = await bench.newPrincipal();
    const request = { pack: 'nexus', name: 'nx', baseUrl: `${site.origin}/nexus`, set: 'default' as const };
    await expect(bench.tools.packs.install(who, request, nothing)).rejects.toMatchObject({ code: 'upstream_failed' });
    const installed = await bench.tools.packs.install(who, { ...request, credential: credential('inside') }, nothing);
    expect(installed).toMatchObject({ listed: 2, tool: { baseUrl: `${site.origin}/nexus/service/rest` } });
  });

  it('sends the credential of an instance to no other origin that its document has moved to', async () => {
    const request = { pack: 'nexus', name: 'nx', baseUrl: `${site.origin}/moved`, set: 'default' as const };
    const installing = bench.tools.packs.install(principal, { ...request, credential: credential('inside') }, nothing);
    await expect(installing).rejects.toMatchObject({ code: 'upstream_failed' });
    const strangers = site.asked.filter(({ url }) => url === '/closed.json');
    expect(strangers.map(({ headers }) => headers.authorization)).toEqual(strangers.map(() => undefined));
    expect(site.asked.filter(({ url, headers }) => url.startsWith('/moved') && headers.authorization)).toHaveLength(1);
  });

  it('hides what the stored credential lacks, with the reason, and shows it again [packs.permissions]', async () => {
    const who = await bench.newPrincipal();
    const { tool } = await install(who, { credential: credential('reader') });
    const health = await bench.tools.probes.probe(who, tool.id);
    expect(health.checks[0]).toMatchObject({ status: 'ok', httpStatus: 200, reason: null });
    expect(health.lacking).toContainEqual({
      reason: 'The stored credential lacks the scope repo or public_repo.',
      operations: 1,
    });
    expect(await namesOf(who)).toEqual(['gh_get_repository', 'gh_list_issues']);
    await expect(bench.call(who, 'gh_create_issue')).rejects.toMatchObject({ code: 'not_found' });
    for (const [token, names] of [
      ['writer', 3],
      ['reader', 2],
      ['fine', 3],
    ] as const) {
      await bench.tools.credentials.set(who, tool.id, 'organization', credential(token));
      expect((await bench.tools.probes.sweep(new AbortController().signal)).failed).toBe(0);
      expect(await namesOf(who), token).toHaveLength(names);
    }
  });

  it('keeps what an override hides hidden, and what the credential lacks, whichever ends first', async () => {
    const who = await bench.newPrincipal();
    const { tool } = await install(who, { credential: credential('reader') });
    const operation = 'POST /repos/{owner}/{repo}/issues';
    await bench.tools.shaping.override(who, { toolId: tool.id, operation, override: { hidden: 'Not here.' } });
    await bench.tools.probes.probe(who, tool.id);
    await bench.tools.shaping.removeOverride(who, { toolId: tool.id, operation });
    const { items } = await bench.tools.shaping.operations(who, tool.id, { limit: 50 });
    expect(JSON.stringify(items.find(({ key }) => key === operation))).toContain('lacks the scope repo');
  });

  it('tells a refused credential, a service that fails and one without a pack apart, and keeps a bounded history [packs.health]', async () => {
    const who = await bench.newPrincipal();
    const { tool } = await install(who, { credential: credential('revoked') });
    expect((await bench.tools.probes.probe(who, tool.id)).checks[0]).toMatchObject({
      status: 'unauthorized',
      httpStatus: 401,
    });
    state = 503;
    await bench.tools.credentials.set(who, tool.id, 'organization', credential('writer'));
    expect((await bench.tools.probes.probe(who, tool.id)).checks[0]).toMatchObject({
      status: 'failed',
      httpStatus: 503,
    });
    state = 200;
    const plain = await bench.tools.import(
      who,
      { name: 'plain', document, baseUrl: `${site.origin}/nowhere` },
      nothing,
    );
    expect((await bench.tools.probes.probe(who, plain.tool.id)).checks[0]).toMatchObject({
      status: 'ok',
      httpStatus: 404,
    });
    const dead = await bench.tools.import(who, { name: 'dead', document, baseUrl: 'http://127.0.0.1:1' }, nothing);
    expect((await bench.tools.probes.probe(who, dead.tool.id)).checks[0]).toMatchObject({
      status: 'failed',
      httpStatus: null,
    });
    await bench.database.tenant(who.tenantId, (tx) =>
      sql`insert into mcp.tool_health (tenant_id, tool_id, id, status) select current_setting('app.tenant_id')::uuid, ${tool.id}, gen_random_uuid(), 'ok'
          from generate_series(1, 300)`.execute(tx),
    );
    await bench.tools.probes.probe(who, tool.id);
    const { rows } = await bench.database.tenant(who.tenantId, (tx) =>
      sql<{ count: number }>`select count(*)::int as count from mcp.tool_health where tool_id = ${tool.id}`.execute(tx),
    );
    expect(rows[0]?.count).toBe(200);
    const { checks } = await bench.tools.probes.health(who, tool.id, 5);
    // Newest first: those put in above carry no status.
    expect(checks.map(({ httpStatus }) => httpStatus)).toEqual([200, null, null, null, null]);
  });

  it('asks nothing but reads', () => {
    const methods = new Set(
      site.asked.filter(({ url }) => !url.includes('/repos') && !url.includes('/zen')).map(({ method }) => method),
    );
    expect([...methods].toSorted()).toEqual(['GET', 'HEAD']);
  });

  it('looks at what is due, in the organizations where something is, and at nothing else', async () => {
    const signal = new AbortController().signal;
    const who = await bench.newPrincipal();
    const { tool } = await install(who);
    await install(who, { name: 'other' });
    await bench.tools.probes.sweep(signal);
    await bench.database.tenant(who.tenantId, (tx) =>
      sql`update mcp.tool_probes set due_at = now() - interval '1 second' where tool_id = ${tool.id}`.execute(tx),
    );
    const tenants = () => bench.database.system('sweep', (tx) => selectTenantsWithDue(tx, 1_000));
    expect(await tenants()).toEqual([who.tenantId]);
    expect(await bench.tools.probes.sweep(signal)).toEqual({ looked: 1, failed: 0 });
    expect(await tenants()).toEqual([]);
  });

  it('looks at each service once while it is not due again, and answers alike for services of others', async () => {
    const signal = new AbortController().signal;
    await bench.tools.probes.sweep(signal);
    expect(await bench.tools.probes.sweep(signal)).toEqual({ looked: 0, failed: 0 });
    const stranger = await bench.newPrincipal();
    const { tool } = await install(await bench.newPrincipal());
    for (const ask of [
      () => bench.tools.probes.health(stranger, tool.id, 1),
      () => bench.tools.probes.probe(stranger, tool.id),
      () => bench.tools.packs.setListing(stranger, { toolId: tool.id, list: [], unlist: [] }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'not_found', message: `There is no service ${tool.id}.` });
    }
  });
});
