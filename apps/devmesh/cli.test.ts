import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCli } from './cli.ts';

const printed: string[] = [];
const complained: string[] = [];

beforeEach(() => {
  printed.length = complained.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, 'error').mockImplementation((text: string) => void complained.push(text));
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  for (const server of open.splice(0)) server.close();
});

const open: Server[] = [];

/** A server that answers everything with one JSON object and notes what it was asked. */
async function answering(answer: object): Promise<{ readonly origin: string; readonly requests: readonly string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += String(data)));
    request.on('end', () => {
      requests.push(`${String(request.method)} ${String(request.url)} ${body}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, requests };
}

describe('the command line', () => {
  test.each([
    [['whoami', '--bogus', 'x', '--key', 'k'], 'There is no option --bogus.'],
    [['migrate', 'status', '-x'], 'There is no option -x.'],
    [['whoami', 'me', '--key', 'k'], 'Nothing is expected at "me"; values follow the name of an option.'],
    [['tools', 'call'], 'Missing required argument: --name'],
    [['bogus'], 'Unknown command bogus'],
  ])('refuses %j in one sentence, with usage', async (words, sentence) => {
    await runCli(words);
    expect(process.exitCode).toBe(1);
    expect(complained.join('\n').split('\n')[0]).toBe(sentence);
    expect(complained.join('\n')).toContain('USAGE devmesh');
  });

  test('explains a name that follows the command, and ends with 1 where the answer is a denial', async () => {
    const explanation = {
      name: 'github_merge',
      kind: 'tool',
      subject: 'role:auditor',
      revision: 2,
      argumentsAsked: true,
      allowed: false,
      reason: 'policy_forbids',
      rule: 'no-main',
      sentence: 'Forbidden.',
      verdicts: [],
      nearest: [],
    };
    const { origin, requests } = await answering(explanation);
    const words = ['explain', 'github_merge', '--as', 'role:auditor', '--arguments', '{"branch":"main"}'];
    await runCli([...words, '--server', origin, '--key', 'k']);
    expect(requests).toEqual([
      'POST /api/v1/policy/explain {"name":"github_merge","as":{"role":"auditor"},"arguments":{"branch":"main"}}',
    ]);
    expect(printed.join('\n')).toContain('github_merge is denied to role:auditor: policy_forbids (no-main)');
    expect(process.exitCode).toBe(1);
    await runCli(['explain', 'one', 'two', '--server', origin, '--key', 'k']);
    expect(complained.join('\n')).toContain('Nothing is expected at "two"');
    await runCli(['explain', 'one', '--arguments', '[1]', '--server', origin, '--key', 'k']);
    expect(complained.join('\n')).toContain('--arguments must be a JSON object');
  });

  test.each(['nonsense', 'ftp://example.org', 'localhost:8081'])('refuses %s as a server', async (server) => {
    await runCli(['whoami', '--server', server, '--key', 'k']);
    expect(process.exitCode).toBe(1);
    expect(complained.join('\n')).toMatch(/^invalid_request: .*not the origin of an API/u);
    expect(complained.join('\n')).not.toContain('    at ');
  });

  test('asks the server for an import, not the address of the document', async () => {
    const api = await answering({});
    const words = ['tools', 'import', '--name', 'acme', '--url', 'http://127.0.0.1:1/openapi.json'];
    await runCli([...words, '--server', api.origin, '--key', 'k']);
    expect(api.requests).toEqual(['POST /api/v1/tools {"name":"acme","url":"http://127.0.0.1:1/openapi.json"}']);
    expect(process.exitCode).toBeUndefined();
  });

  test('fails when the called service answered with an error, and shows its answer', async () => {
    const api = await answering({ isError: true, status: 401, text: 'no token' });
    await runCli(['tools', 'call', '--name', 'acme_list', '--server', api.origin, '--key', 'k']);
    expect(process.exitCode).toBe(1);
    expect(printed.join('\n')).toContain('no token');
  });

  test('shows the whole path of a command in its help, without colors where there is no terminal', async () => {
    await runCli(['tools', 'call', '--help']);
    expect(printed.join('\n')).toContain('USAGE devmesh tools call ');
    expect(printed).toEqual(printed.map((text) => stripVTControlCharacters(text)));
  });
});
