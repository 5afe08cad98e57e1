import { newId } from '@devmesh/foundation';
import { sql } from 'kysely';
import type { Principal } from '../../identity/index.ts';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import type { CredentialSetting } from './sealed-credential.ts';

/** Every kind of scheme that a document declares. */
const schemes = {
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  app: { type: 'apiKey', in: 'query', name: 'app_id' },
  sid: { type: 'apiKey', in: 'cookie', name: 'sid' },
  csrf: { type: 'apiKey', in: 'cookie', name: 'csrf' },
  token: { type: 'http', scheme: 'bearer' },
  basic: { type: 'http', scheme: 'basic' },
  other: { type: 'http', scheme: 'DSN' },
  oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'https://id.example/token', scopes: {} } } },
  oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example/.well-known/openid-configuration' },
  signed: { type: 'apiKey', in: 'header', name: 'Authorization', 'x-amazon-apigateway-authtype': 'awsSigv4' },
};

/** Services whose document asks for credentials. */
export interface SlotsBench extends ToolsBench {
  /** Imports the service `api` with one operation, `api_call`, that wants this. */
  service(principal: Principal, security: unknown, rest?: ServiceRest): Promise<string>;
  /** Sets a credential of the organization. */
  set(principal: Principal, toolId: string, setting: CredentialSetting): Promise<void>;
  /** A person of an organization; of a new one where none is given. */
  person(tenantId?: string): Promise<Principal & { readonly userId: string }>;
  /** The last request that the service got. */
  last(): ToolsBench['received'][number] | undefined;
}

interface ServiceRest {
  readonly credential?: CredentialSetting;
  readonly server?: string;
  /** Where the operation says that it is, beside the server of the document. */
  readonly operationServer?: string;
}

/** Opens the bench; close it after the tests. */
export async function openSlotsBench(): Promise<SlotsBench> {
  const bench = await openToolsBench();
  return {
    ...bench,
    service: async (principal, security, { credential, server = `${bench.origin}/api`, operationServer } = {}) => {
      const servers = operationServer === undefined ? {} : { servers: [{ url: operationServer }] };
      const document = JSON.stringify({
        openapi: '3.1.0',
        info: { title: 'API', version: '1' },
        servers: [{ url: server }],
        components: { securitySchemes: schemes },
        paths: { '/echo': { post: { operationId: 'call', security, ...servers } } },
      });
      const imported = await bench.tools.import(principal, { name: 'api', document, credential }, nothing);
      return imported.tool.id;
    },
    set: (principal, toolId, setting) => bench.tools.credentials.set(principal, toolId, 'organization', setting),
    person: async (tenantId) => {
      const principal = await bench.newPrincipal();
      const userId = newId();
      const tenant = tenantId ?? principal.tenantId;
      await bench.database.tenant(tenant, (tx) =>
        sql`insert into mcp.users (tenant_id, id, email, name, role)
            values (${tenant}, ${userId}, ${`${userId}@example.com`}, 'Ada', 'admin')`.execute(tx),
      );
      return { ...principal, tenantId: tenant, userId };
    },
    last: () => bench.received.at(-1),
  };
}

/** What a piece of work that must fail failed with. */
export async function failureOf(work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { readonly code: string; readonly message: string };
  }
  throw new Error('It did not fail.');
}
