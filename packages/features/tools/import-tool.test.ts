import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocumentReader } from './reading/document-reader.ts';
import { nothing, openToolsBench, type ToolsBench } from './tools.fixture.ts';

describe('importing', () => {
  let bench: ToolsBench;
  beforeAll(async () => {
    bench = await openToolsBench({ reader: createDocumentReader(silentTelemetry) });
  });
  afterAll(() => bench.close());

  it('makes a tool of each operation that can be called, and reports the others [tools.import, tools.report]', async () => {
    const principal = await bench.newPrincipal();
    const imported = await bench.importByUrl(principal);
    expect(imported.tool).toMatchObject({
      name: 'issues',
      title: 'Issues',
      version: '2.1.0',
      baseUrl: `${bench.origin}/api`,
      sourceUrl: `${bench.origin}/openapi.json`,
      operationCount: 8,
      hasCredential: false,
    });
    expect(imported.skipped).toEqual([
      { method: 'TRACE', path: '/echo', code: 'method_never_sent', reason: 'the method TRACE is never sent' },
    ]);
    const { items } = await bench.catalogueOf(principal);
    expect(items.map(({ name }) => name)).toEqual([
      'issues_createIssue',
      'issues_deleteIssue',
      'issues_echo',
      'issues_echoPost',
      'issues_elsewhere',
      'issues_getIssue',
      'issues_large',
      'issues_upload',
    ]);
    expect(items.find(({ name }) => name === 'issues_createIssue')?.inputSchema).toMatchObject({
      type: 'object',
      required: ['title'],
    });
  });

  it('resolves relative servers against where redirects led', async () => {
    const principal = await bench.newPrincipal();
    const imported = await bench.importByUrl(principal, { url: `${bench.origin}/redirected.json` });
    expect(imported.tool.baseUrl).toBe(`${bench.origin.replace('127.0.0.1', 'localhost')}/api`);
  });

  it('takes an uploaded document, YAML too', async () => {
    const principal = await bench.newPrincipal();
    const document = [
      'openapi: 3.0.3',
      'info: {title: Small, version: 1}',
      'paths:',
      '  /ping:',
      '    get: {operationId: ping}',
    ].join('\n');
    const imported = await bench.tools.import(principal, { name: 'small', document, baseUrl: bench.origin }, nothing);
    expect(imported.tool).toMatchObject({ title: 'Small', version: '1', sourceUrl: null, operationCount: 1 });
  });

  it.each([
    ['a status of failure', '/missing', 'upstream_failed'],
    ['a page that is no document', '/api/echo', 'broken_document'],
  ])('stores nothing after %s', async (_what, path, code) => {
    const principal = await bench.newPrincipal();
    await expect(bench.importByUrl(principal, { url: `${bench.origin}${path}` })).rejects.toMatchObject({ code });
    expect(await bench.rowsOf(principal)).toBe('');
  });

  it('stores nothing after an unreachable address, a refused one, or a failing commit [tools.broken-document]', async () => {
    const principal = await bench.newPrincipal();
    await expect(bench.importByUrl(principal, { url: 'http://127.0.0.1:1/x' })).rejects.toMatchObject({
      code: 'upstream_unreachable',
    });
    await expect(bench.importByUrl(principal, { url: 'http://10.0.0.1/x' })).rejects.toMatchObject({
      code: 'address_refused',
    });
    const failing = bench.tools.import(principal, { name: 'issues', url: `${bench.origin}/openapi.json` }, () =>
      Promise.reject(new Error('no room')),
    );
    await expect(failing).rejects.toThrow('no room');
    expect(await bench.rowsOf(principal)).toBe('');
  });

  it('refuses a name that is taken, also when both come at once', async () => {
    const principal = await bench.newPrincipal();
    const outcomes = await Promise.allSettled([bench.importByUrl(principal), bench.importByUrl(principal)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(bench.importByUrl(principal)).rejects.toMatchObject({ code: 'conflict' });
    expect((await bench.catalogueOf(principal)).items).toHaveLength(8);
  });

  it('gives another name to a tool whose name another service has', async () => {
    const principal = await bench.newPrincipal();
    const paths = (operationId: string) =>
      JSON.stringify({ openapi: '3.0.0', paths: { '/x': { get: { operationId } } } });
    await bench.tools.import(principal, { name: 'a', document: paths('b_c'), baseUrl: bench.origin }, nothing);
    await bench.tools.import(principal, { name: 'a_b', document: paths('c'), baseUrl: bench.origin }, nothing);
    const names = (await bench.catalogueOf(principal)).items.map(({ name }) => name);
    expect(names).toHaveLength(2);
    expect(names[0]).toBe('a_b_c');
    expect(names[1]).toMatch(/^a_b_c_[0-9a-f]{8}$/u);
  });
});
