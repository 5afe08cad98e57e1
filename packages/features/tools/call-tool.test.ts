import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiDocument, nothing, openToolsBench, type ToolsBench } from './tools.fixture.ts';
import { textOfResult } from './calling/result-text.fixture.ts';

describe('calling', () => {
  let bench: ToolsBench;
  beforeAll(async () => {
    bench = await openToolsBench();
  });
  afterAll(() => bench.close());

  it('puts every argument where it belongs [tools.call]', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    const got = await bench.call(principal, 'issues_getIssue', { number: 'a/b c', fields: ['id', 'title'] });
    expect(got).toMatchObject({ isError: false, status: 200, truncated: false });
    expect(got.structured).toEqual({ path: '/api/issues/a%2Fb%20c?fields=id&fields=title' });
    const made = await bench.call(principal, 'issues_createIssue', { title: 'Broken', labels: ['bug'] });
    expect(made).toMatchObject({ status: 201, structured: { title: 'Broken', labels: ['bug'] } });
    expect(bench.received.at(-1)).toMatchObject({
      method: 'POST',
      url: '/api/issues',
      headers: expect.objectContaining({ 'content-type': 'application/json' }) as object,
    });
  });

  it('gives errors of the service back as results', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    const result = await bench.call(principal, 'issues_getIssue', { number: 404 });
    expect(result).toMatchObject({ isError: true, status: 404, structured: { message: 'no such issue' } });
    expect(textOfResult(result)).toMatch(
      /^HTTP 404: no such issue\n.*check the ids.*\n\{"message":"no such issue"\}$/u,
    );
  });

  it('cuts large answers and says so', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    const result = await bench.call(principal, 'issues_large');
    expect(result.truncated).toBe(true);
    expect(textOfResult(result)).toContain('text: 8000 of 300000 characters');
    expect(result.structured).toEqual({ text: `${'x'.repeat(8_000)}…` });
  });

  it('sends nothing for arguments that do not fit, and tells how to repair them [tools.validated]', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    const before = bench.received.length;
    await expect(bench.call(principal, 'issues_createIssue', { labels: 'bug' })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [
        { path: 'body.arguments.title', message: 'is required' },
        { path: 'body.arguments.labels', message: 'must be array, and is the string "bug"' },
      ],
    });
    await expect(bench.call(principal, 'issues_getIssue', { number: '../admin' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(bench.received).toHaveLength(before);
  });

  it('leaves a line in the audit trail and an event, with the digest of the arguments only [audit.every-write]', async () => {
    const principal = await bench.newPrincipal();
    const { tool } = await bench.importByUrl(principal);
    await bench.call(principal, 'issues_createIssue', { title: 'Private matter' });
    const [line] = (await bench.trailOf(principal)).items;
    const digest = createHash('sha256').update('{"title":"Private matter"}').digest('hex');
    expect(line).toMatchObject({
      action: 'tools.call',
      subject: 'issues_createIssue',
      actor: `key:${principal.keyId}`,
      outcome: 'allowed',
      detail: { status: 201, toolId: tool.id, arguments: `sha256:${digest}` },
    });
    const [event] = (await bench.feedOf(principal)).items;
    expect(event).toMatchObject({ type: 'tool.called', subjectId: tool.id, data: { status: 201, isError: false } });
    expect(await bench.rowsOf(principal)).not.toContain('Private matter');
  });

  it('tells audit trail and feed about calls without an answer too', async () => {
    const principal = await bench.newPrincipal();
    await bench.tools.import(
      principal,
      { name: 'gone', document: JSON.stringify(apiDocument), baseUrl: 'http://127.0.0.1:1' },
      nothing,
    );
    await expect(bench.call(principal, 'gone_echoPost')).rejects.toMatchObject({ code: 'upstream_unreachable' });
    expect((await bench.trailOf(principal)).items[0]).toMatchObject({
      outcome: 'failed',
      detail: { code: 'upstream_unreachable' },
    });
    expect((await bench.feedOf(principal)).items[0]).toMatchObject({ data: { code: 'upstream_unreachable' } });
  });

  it('leaves a service alone that fails again and again, for one organization and not for others', async () => {
    const [one, other] = [await bench.newPrincipal(), await bench.newPrincipal()];
    for (const principal of [one, other]) {
      const request = { name: 'gone', document: JSON.stringify(apiDocument), baseUrl: 'http://127.0.0.1:1' };
      await bench.tools.import(principal, request, nothing);
    }
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(bench.call(one, 'gone_echoPost')).rejects.toMatchObject({ code: 'upstream_unreachable' });
    }
    await expect(bench.call(one, 'gone_echoPost')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(bench.call(other, 'gone_echoPost')).rejects.toMatchObject({ code: 'upstream_unreachable' });
  });

  it('repeats reads whose connection failed, and never a write', async () => {
    let connections = 0;
    const flaky = createServer();
    flaky.on('connection', (socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
    const principal = await bench.newPrincipal();
    const baseUrl = `http://127.0.0.1:${String((flaky.address() as AddressInfo).port)}`;
    await bench.tools.import(principal, { name: 'flaky', document: JSON.stringify(apiDocument), baseUrl }, nothing);
    await expect(bench.call(principal, 'flaky_echoPost')).rejects.toMatchObject({
      code: 'upstream_timeout',
      message: expect.stringContaining('may have happened') as string,
    });
    expect(connections).toBe(1);
    await expect(bench.call(principal, 'flaky_echo')).rejects.toMatchObject({ code: 'upstream_unreachable' });
    expect(connections).toBe(4);
    await new Promise((resolve) => flaky.close(resolve));
  });

  it('is one span, whose trace the service learns and the audit line names', async () => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal);
    const traceId = await bench.telemetry.tracer.span('request', {}, async () => {
      await bench.call(principal, 'issues_echo');
      return bench.telemetry.tracer.traceId() ?? '';
    });
    const span = bench.telemetry.tracer.recent(traceId).find(({ name }) => name === 'execute_tool');
    expect(span?.attributes).toMatchObject({
      'gen_ai.tool.name': 'issues_echo',
      'server.address': new URL(bench.origin).host,
      'http.response.status_code': 200,
    });
    expect(bench.received.at(-1)?.headers['traceparent']).toContain(traceId);
    expect((await bench.trailOf(principal)).items[0]?.traceId).toBe(traceId);
  });
});
