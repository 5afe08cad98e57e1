import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId, systemClock } from '@devmesh/foundation';
import {
  createGuardedFetch,
  createTelemetry,
  openDatabaseBell,
  openMemoryKeyValue,
  type Bell,
  type Database,
  type RunningTelemetry,
} from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAudit, createAuditBodies } from '../audit/index.ts';
import { createConnections } from '../connections/index.ts';
import { createEvents } from '../events/index.ts';
import { createFlags } from '../flags/index.ts';
import type { Principal } from '../identity/index.ts';
import { createPolicy, type Policy } from '../policy/index.ts';
import { createVault } from '../vault/index.ts';
import { createTools, type Tools } from './index.ts';
import type { CallResult } from './calling/present-answer.ts';
import type { ImportedTool } from './import-tool.ts';
import type { DocumentReader } from './reading/document-reader.ts';
import { readHere } from './reading/read-here.fixture.ts';

/** A request as the sample service got it. */
interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the sample service says of itself. */
export const apiDocument = {
  openapi: '3.1.0',
  info: { title: 'Issues', version: '2.1.0' },
  servers: [{ url: '/api' }],
  paths: {
    '/issues/{number}': {
      parameters: [{ name: 'number', in: 'path', required: true, schema: { type: ['integer', 'string'] } }],
      get: {
        operationId: 'getIssue',
        summary: 'Get an issue',
        parameters: [{ name: 'fields', in: 'query', schema: { type: 'array', items: { type: 'string' } } }],
      },
      delete: { operationId: 'deleteIssue' },
    },
    '/issues': {
      post: {
        operationId: 'createIssue',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['title'],
                properties: {
                  title: { type: 'string', minLength: 1 },
                  labels: { type: 'array', items: { type: 'string' } },
                },
              },
            },
          },
        },
      },
    },
    '/files': { post: { operationId: 'upload', requestBody: { content: { 'multipart/form-data': {} } } } },
    '/echo': { get: { operationId: 'echo' }, post: { operationId: 'echoPost' }, trace: { operationId: 'echoTrace' } },
    '/large': { get: { operationId: 'large' } },
    '/elsewhere': { get: { operationId: 'elsewhere' } },
  },
};

function answer({ url, headers, body }: Received, response: ServerResponse): void {
  const { pathname } = new URL(url, 'http://x');
  // The same server under another name is another origin.
  const elsewhere = `http://${(headers.host ?? '').replace('127.0.0.1', 'localhost')}`;
  const send = (status: number, text: string, more: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(text);
  };
  if (pathname === '/openapi.json' || pathname === '/spec/openapi.json') send(200, JSON.stringify(apiDocument));
  else if (pathname === '/redirected.json') send(302, '', { location: `${elsewhere}/spec/openapi.json` });
  else if (pathname === '/api/issues/404') send(404, '{"message":"no such issue"}');
  else if (pathname === '/api/issues') send(201, body);
  else if (pathname === '/api/large') send(200, JSON.stringify({ text: 'x'.repeat(300_000) }));
  else if (pathname === '/api/echo') send(200, JSON.stringify({ headers, url }));
  else if (pathname === '/api/elsewhere') send(302, '', { location: `${elsewhere}/` });
  else if (pathname.startsWith('/api/issues/')) send(200, JSON.stringify({ path: url }));
  else send(404, 'nothing here', { 'content-type': 'text/plain' });
}

interface SampleService {
  readonly origin: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** A small HTTP service with an OpenAPI document, which remembers what it was asked. */
async function startSampleService(): Promise<SampleService> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const entry = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      received.push(entry);
      answer(entry, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    received,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The tools feature on a real database, with a real service to call. */
export interface ToolsBench {
  readonly tools: Tools;
  readonly policy: Policy;
  readonly database: Database;
  readonly bell: Bell;
  readonly telemetry: RunningTelemetry;
  readonly origin: string;
  /** What the sample service was asked, oldest first. */
  readonly received: Received[];
  readonly logLines: readonly string[];
  /** An admin of a new organization. */
  newPrincipal(): Promise<Principal>;
  /** Imports the sample service as `issues`. */
  importByUrl(principal: Principal, rest?: object): Promise<ImportedTool>;
  call(principal: Principal, name: string, values?: Record<string, unknown>): Promise<CallResult>;
  catalogueOf(principal: Principal): ReturnType<Tools['catalogue']>;
  trailOf(principal: Principal): ReturnType<ReturnType<typeof createAudit>['list']>;
  feedOf(principal: Principal): ReturnType<ReturnType<typeof createEvents>['list']>;
  /** Every row of the organization that tools leave anywhere, as text. */
  rowsOf(principal: Principal): Promise<string>;
  close(): Promise<void>;
}

/** Stores no answer beside the effect. */
export const nothing = async (): Promise<void> => undefined;

const tables = ['tool_configurations', 'tool_operations', 'organization_tools', 'audit_log', 'mesh_events'];

function telemetryInto(lines: string[]): RunningTelemetry {
  const destination = { write: (line: string) => lines.push(line) };
  return createTelemetry({ service: 'test', level: 'debug', pretty: false, destination });
}

/** Connections of an organization that allows no credential to be passed through. */
function withoutConsents(base: Omit<Parameters<typeof createConnections>[0], 'clock' | 'publicUrl'>) {
  return {
    connections: createConnections({ ...base, clock: systemClock, publicUrl: () => 'http://mesh.test' }),
    settings: () => Promise.resolve({ passThrough: false }),
  };
}

function decisionOver(parts: Parameters<typeof createFlags>[0]) {
  const flags = createFlags(parts);
  return { flags, policy: createPolicy({ ...parts, flags }) };
}

/** Opens the bench; close it after the tests. Documents are read without a thread unless another reader is given. */
export async function openToolsBench(given: { readonly reader?: DocumentReader } = {}): Promise<ToolsBench> {
  const service = await startSampleService();
  const database = await openTestDatabase();
  const logLines: string[] = [];
  const telemetry = telemetryInto(logLines);
  const fetch = createGuardedFetch({ allowHosts: ['127.0.0.1', 'localhost'], telemetry });
  const audit = createAudit({ database, tracer: telemetry.tracer, newId });
  const events = createEvents({ database, telemetry });
  const vault = createVault({ masterKeys: newMasterKeys() });
  const bell = openDatabaseBell({ database, log: telemetry.log });
  const keyvalue = openMemoryKeyValue();
  const auditBodies = createAuditBodies({ database, vault });
  const base = { database, keyvalue, bell, fetch, vault, audit, auditBodies, events, newId, telemetry };
  const { policy, flags } = decisionOver(base);
  const tools = createTools({ ...base, reader: given.reader ?? readHere, policy, ...withoutConsents(base) });
  return {
    tools,
    policy,
    database,
    bell,
    telemetry,
    logLines,
    origin: service.origin,
    received: service.received,
    newPrincipal: async () => ({
      tenantId: await newTenant(database),
      keyId: newId(),
      keyType: 'admin',
      scopes: ['tools:read', 'tools:write', 'tools:call'],
      agentId: undefined,
    }),
    importByUrl: (principal, rest = {}) =>
      tools.import(principal, { name: 'issues', url: `${service.origin}/openapi.json`, ...rest }, nothing),
    call: (principal, name, values = {}) => tools.call({ principal, name, arguments: values }),
    catalogueOf: (principal) => tools.catalogue(principal, { limit: 200 }),
    trailOf: (principal) => audit.list(principal.tenantId, { limit: 50 }),
    feedOf: (principal) => events.list(principal.tenantId, { limit: 50 }),
    rowsOf: (principal) =>
      database.tenant(principal.tenantId, async (tx) => {
        const texts: string[] = [];
        for (const name of tables) {
          const table = sql.table(`mcp.${name}`);
          const { rows } = await sql<{ row: string }>`select t::text as row from ${table} t`.execute(tx);
          texts.push(...rows.map(({ row }) => row));
        }
        return texts.join('\n');
      }),
    close: async () => {
      await fetch.close();
      await events.close();
      await tools.close();
      await policy.close();
      await flags.close();
      await bell.close();
      await telemetry.close();
      await database.close();
      await service.close();
    },
  };
}
