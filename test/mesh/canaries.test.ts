import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@devmesh/api';
import { signGitHub } from '@devmesh/mockserver';
import { connectMcp } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meshEnvironment, startProgram, type Program } from './process.ts';

/** What must never be seen again once it was handed over, each under a name that tells which one was. */
const canaries = {
  bearer: 'canary-bearer-7f3a91c0',
  query: 'canary-query-5b21dd08',
  password: 'canary-password-c6e0417a',
  webhook: 'canary-webhook-90ab3f5e',
  refused: 'canary-refused-1d8824bb',
  unparsed: 'canary-unparsed-e37c06f2',
  url: 'canary-url-48fb7d19',
};

/** An upstream service that says back whatever it was sent, in every place where it can. */
function startEcho(): Promise<Server> {
  const server = createServer((request, response) => {
    const sent = JSON.stringify({ headers: request.headers, url: request.url });
    if (request.url?.startsWith('/breaks') === true) {
      response.socket?.end(`HTTP/1.1 200 ${sent}\r\ncontent-length: nonsense ${sent}\r\n\r\n`);
      return;
    }
    const status = request.url?.startsWith('/fails') === true ? 500 : 200;
    response.writeHead(status, { 'content-type': 'application/json', 'x-echo': request.headers.authorization ?? '-' });
    response.end(sent);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

function documentOf(origin: string): string {
  const operation = (operationId: string) => ({ get: { operationId, responses: { 200: { description: 'ok' } } } });
  const paths = { '/echo': operation('echo'), '/fails': operation('fails'), '/breaks': operation('breaks') };
  return JSON.stringify({ openapi: '3.1.0', info: { title: 'Echo', version: '1' }, servers: [{ url: origin }], paths });
}

async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe.skipIf((process.env['DATABASE_URL'] ?? '') !== '')(
  'planted secrets (embedded database, whose files are searched)',
  { timeout: 120_000 },
  () => {
    let folder: string;
    let program: Program;
    let echo: Server;
    const answers: string[] = [];
    const tokens: string[] = [];
    const listed: number[] = [];

    /** A fetch that remembers every answer. */
    const remembering: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      answers.push(JSON.stringify([...response.headers]) + (await response.clone().text()));
      return response;
    };
    const attempt = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'devmesh-canaries-'));
      echo = await startEcho();
      const origin = `http://127.0.0.1:${String((echo.address() as AddressInfo).port)}`;
      const environment = { ...meshEnvironment(folder), LOG_LEVEL: 'debug', OUTBOUND_ALLOW_HOSTS: '127.0.0.1' };
      program = startProgram('devmesh', { words: ['up'], environment });
      const [, apiUrl] = await program.printed(/Console +(http\S+)/u);
      const [, mcpUrl] = await program.printed(/(http\S+\/mcp)\b/u);
      const registered = await createClient({ baseUrl: apiUrl! }).identity.registerOrganization({
        body: { slug: 'canaries', name: 'Canaries' },
      });
      const key = registered.adminKey.token;
      tokens.push(key);
      const client = createClient({ baseUrl: apiUrl!, key, fetch: remembering });
      await plantCredentials(client, origin);
      await callEverything(client, { mcpUrl: mcpUrl!, key });
      await plantWebhooks(apiUrl!);
      await sendNonsense(client, { apiUrl: apiUrl!, key });
      await createKeys(client, apiUrl!);
      const headers = { authorization: `Bearer ${key}` };
      for (const list of ['audit', 'events/recent', 'tools', 'webhook-events', 'keys']) {
        listed.push((await remembering(`${apiUrl!}/api/v1/${list}?limit=200`, { headers })).status);
      }
      program.child.kill('SIGTERM');
      await program.ended;
    });
    afterAll(async () => {
      program.child.kill('SIGKILL');
      echo.close();
      await rm(folder, { recursive: true, force: true });
    });

    const credentials = {
      bearer: { kind: 'bearer', token: canaries.bearer },
      query: { kind: 'apiKey', in: 'query', name: 'key', value: canaries.query },
      basic: { kind: 'basic', username: 'bob', password: canaries.password },
    } as const;

    const plantCredentials = async (client: Client, origin: string): Promise<void> => {
      for (const [name, credential] of Object.entries(credentials)) {
        await client.tools.importTool({ body: { name, document: documentOf(origin), credential } });
      }
      const url = `http://bob:${canaries.url}@127.0.0.1:1/openapi.json?key=${canaries.url}`;
      await attempt(client.tools.importTool({ body: { name: 'unreachable', url } }));
    };

    const callEverything = async (
      client: Client,
      { mcpUrl, key }: { readonly mcpUrl: string; readonly key: string },
    ): Promise<void> => {
      const mcp = await connectMcp({ url: mcpUrl, key, name: 'canaries', version: '1' });
      const page = await client.tools.catalogue({ query: { limit: 50 } });
      for (const { name } of page.items) {
        await attempt(client.tools.callTool({ params: { name }, body: { arguments: {} } }));
        const result = await attempt(mcp.client.callTool({ name, arguments: {} }));
        answers.push(JSON.stringify(result), String(result));
      }
      await mcp.close();
    };

    const plantWebhooks = async (apiUrl: string): Promise<void> => {
      // Who makes a source is shown its secret, this once.
      const plain = createClient({ baseUrl: apiUrl, key: tokens[0]! });
      const made = await plain.webhooks.createSource({
        body: { name: 'github', kind: 'github', secret: canaries.webhook, rules: [] },
      });
      const body = JSON.stringify({ repository: { full_name: 'acme/api' } });
      for (const secret of [canaries.webhook, canaries.refused]) {
        const headers = {
          'content-type': 'application/json',
          'x-github-event': 'push',
          'x-github-delivery': secret.slice(-8),
          'x-hub-signature-256': signGitHub(secret, body),
        };
        await remembering(`${apiUrl}${made.source.path}`, { method: 'POST', headers, body });
      }
    };

    const sendNonsense = async (
      client: Client,
      { apiUrl, key }: { readonly apiUrl: string; readonly key: string },
    ): Promise<void> => {
      const wrong = { name: 'wrong', document: '{}', credential: { kind: canaries.unparsed, token: 1 } };
      await attempt(client.tools.importTool({ body: wrong as never }));
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      for (const body of [`{"token":"${canaries.unparsed}"`, `"${canaries.unparsed}"`]) {
        await remembering(`${apiUrl}/api/v1/tools`, { method: 'POST', headers, body });
      }
      await remembering(`${apiUrl}/api/v1/principal`, { headers: { authorization: `Bearer ${canaries.refused}` } });
      await remembering(`${apiUrl}/api/v1/principal`, { headers: { authorization: canaries.refused } });
    };

    const createKeys = async (client: Client, apiUrl: string): Promise<void> => {
      const plain = createClient({ baseUrl: apiUrl, key: tokens[0]! });
      const issued = await plain.identity.createKey(
        { body: { name: 'kept', type: 'user' } },
        { idempotencyKey: 'the-same-one-twice' },
      );
      tokens.push(issued.token);
      await client.identity.revokeKey({ params: { keyId: issued.key.id } });
      const revoked = createClient({ baseUrl: apiUrl, key: issued.token, fetch: remembering });
      await attempt(revoked.identity.whoAmI());
    };

    it.each(Object.entries(canaries))(
      '%s is in no answer, no log line and no file [secrets.nowhere]',
      async (_name, canary) => {
        expect(answers.length).toBeGreaterThan(30);
        expect(answers.filter((answer) => answer.includes(canary))).toEqual([]);
        expect(
          program
            .output()
            .split('\n')
            .filter((line) => line.includes(canary)),
        ).toEqual([]);
        expect(await filesWith(canary)).toEqual([]);
      },
    );

    it('keys are in no log line and no file, not even where an answer is kept to be given again [secrets.nowhere]', async () => {
      expect(tokens).toHaveLength(2);
      expect(new Set(listed)).toEqual(new Set([200]));
      for (const token of tokens) {
        expect(program.output()).not.toContain(token);
        expect(await filesWith(token)).toEqual([]);
      }
    });

    const filesWith = async (text: string): Promise<readonly string[]> => {
      const needle = Buffer.from(text);
      const found: string[] = [];
      for (const file of await filesUnder(folder)) if ((await readFile(file)).includes(needle)) found.push(file);
      return found;
    };
  },
);
