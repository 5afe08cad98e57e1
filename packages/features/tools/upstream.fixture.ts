import { newId } from '@devmesh/foundation';
import { openDatabaseBell } from '@devmesh/infrastructure';
import { openConnectionsBench, type ConnectionsBench } from '../connections/connections.fixture.ts';
import { createAuditBodies } from '../audit/index.ts';
import { createEvents } from '../events/index.ts';
import { createFlags } from '../flags/index.ts';
import type { Principal } from '../identity/index.ts';
import { createPolicy } from '../policy/index.ts';
import type { CallResult } from './calling/present-answer.ts';
import type { Credential } from './credentials/credential.ts';
import { createTools, type Tools } from './index.ts';
import { readHere } from './reading/read-here.fixture.ts';
import type { ToolCall } from './call-tool.ts';

/** Tools whose service is the API of an imitated authorization server. */
export interface UpstreamBench extends ConnectionsBench {
  readonly tools: Tools;
  /** Imports the API of a server as the service `api`, or under another name. */
  service(principal: Principal, server: string, credential?: Credential, name?: string): Promise<string>;
  call(principal: Principal, name: string, rest?: Partial<ToolCall>): Promise<CallResult>;
  /** The account that the answer of a call tells. */
  accountOf(principal: Principal, name?: string): Promise<unknown>;
  /** The organizations that let people pass their own credentials through. */
  readonly allowing: Set<string>;
}

const nothing = async (): Promise<void> => undefined;

/** Opens everything. */
export async function openUpstreamBench(): Promise<UpstreamBench> {
  const bench = await openConnectionsBench();
  const { database, telemetry, audit, keyvalue, fetch, vault, connections, origin } = bench;
  const bell = openDatabaseBell({ database, log: telemetry.log });
  const events = createEvents({ database, telemetry });
  const base = { database, keyvalue, bell, audit, newId, telemetry, fetch, vault, events, connections };
  const flags = createFlags(base);
  const policy = createPolicy({ ...base, flags });
  const allowing = new Set<string>();
  const settings = (tenantId: string) => Promise.resolve({ passThrough: allowing.has(tenantId) });
  const auditBodies = createAuditBodies(base);
  const tools = createTools({ ...base, auditBodies, policy, settings, reader: readHere });
  const call: UpstreamBench['call'] = (principal, name, rest = {}) =>
    tools.call({ principal, name, arguments: {}, ...rest });
  return {
    ...bench,
    tools,
    call,
    allowing,
    service: async (principal, server, credential, name = 'api') => {
      const document = documentOf(`${origin}/oauth/${server}/api`);
      const imported = await tools.import(principal, { name, document, credential }, nothing);
      return imported.tool.id;
    },
    accountOf: async (principal, name = 'api_read') => (await call(principal, name)).structured?.['account'],
    close: async () => {
      await events.close();
      await tools.close();
      await bell.close();
      await bench.close();
    },
  };
}

function documentOf(url: string): string {
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'API', version: '1' },
    servers: [{ url }],
    paths: {
      '/things': { get: { operationId: 'read' }, post: { operationId: 'write' } },
      '/elsewhere': {
        get: { operationId: 'elsewhere', servers: [{ url: url.replace('127.0.0.1', 'localhost') }] },
      },
    },
  });
}
