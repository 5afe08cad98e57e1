import { newId, systemClock, type Clock } from '@devmesh/foundation';
import {
  createGuardedFetch,
  createTelemetry,
  openMemoryKeyValue,
  type Database,
  type Outbound,
  type KeyValue,
} from '@devmesh/infrastructure';
import { createMockserver } from '@devmesh/mockserver';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAudit, type Audit } from '../audit/index.ts';
import type { Principal } from '../identity/index.ts';
import { createVault, type Vault } from '../vault/index.ts';
import type { FinishedConsent } from './consent.ts';
import type { ProviderRequest } from './provider-request.ts';
import { createConnections, type Connections } from './service.ts';
import type { ProviderRow } from './store-providers.ts';

/** What an imitated authorization server counted. */
interface ServerCounts {
  readonly consents: number;
  readonly exchanges: number;
  readonly refreshes: number;
  readonly machineTokens: number;
  readonly revocations: number;
  readonly reused: number;
  readonly living: number;
}

/** A clock that can be set forward while it runs. */
interface ShiftedClock extends Clock {
  forward(seconds: number): void;
}

/** Connections on a real database, against imitated authorization servers over HTTP. */
export interface ConnectionsBench {
  readonly connections: Connections;
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly fetch: Outbound;
  readonly clock: ShiftedClock;
  readonly logLines: string[];
  readonly telemetry: ReturnType<typeof createTelemetry>;
  /** Where the imitated servers are. */
  readonly origin: string;
  /** Another instance of the feature, as another process would have it. */
  another(): Connections;
  /** A person of a new organization, or of the given one. */
  person(tenantId?: string): Promise<Principal>;
  /** Adds a provider that is the imitated server of that name; its client is `devmesh`. */
  provider(principal: Principal, server: string, rest?: Partial<ProviderRequest>): Promise<ProviderRow>;
  /** Consents as the person does: the address is opened, and what comes back is handed in. */
  consent(principal: Principal, provider: string, mode?: 'user' | 'organization'): Promise<FinishedConsent>;
  /** What the browser brings back from an address. */
  follow(url: string): Promise<URLSearchParams>;
  token(principal: Principal, provider: ProviderRow, mode?: 'user' | 'organization'): Promise<string>;
  /** Makes a client known to an imitated server. */
  register(server: string, client: object): Promise<void>;
  /** Tells an imitated server what to do. */
  order(server: string, settings: object): Promise<void>;
  counts(server: string): Promise<ServerCounts>;
  withdraw(server: string, account: string): Promise<void>;
  /** Ends every access token of a server at once; what was consented to stays. */
  endAccess(server: string): Promise<void>;
  /** The methods of the requests that came to a path of the imitated servers lately. */
  requests(path: string): Promise<readonly string[]>;
  fault(fault: object): Promise<void>;
  /** Every row of the organization in the tables of the database, as text. */
  rowsOf(tenantId: string): Promise<string>;
  close(): Promise<void>;
}

const redirectUri = 'http://mesh.test/api/v1/connections/callback';
const clientSecret = 'planted-client-secret-1234567890';

const nothing = async (): Promise<void> => undefined;

function shiftedClock(): ShiftedClock {
  let shift = 0;
  return {
    now: () => systemClock.now() + shift,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal),
    forward: (seconds) => {
      shift += seconds * 1000;
    },
  };
}

const paths = {
  standard: { authorization: '/authorize', token: '/token', revocation: '/revoke', account: '/userinfo' },
  github: {
    authorization: '/login/oauth/authorize',
    token: '/login/oauth/access_token',
    revocation: '/applications/{client_id}/grant',
    account: '/user',
  },
  gitlab: {
    authorization: '/oauth/authorize',
    token: '/oauth/token',
    revocation: '/oauth/revoke',
    account: '/api/v4/user',
  },
  atlassian: {
    authorization: '/authorize',
    token: '/oauth/token',
    revocation: undefined,
    account: '/oauth/token/accessible-resources',
  },
  google: { authorization: '/o/oauth2/v2/auth', token: '/token', revocation: '/revoke', account: '/v1/userinfo' },
  slack: {
    authorization: '/oauth/v2/authorize',
    token: '/api/oauth.v2.access',
    revocation: '/api/auth.revoke',
    account: '/api/auth.test',
  },
} as const;

type Flavour = keyof typeof paths;

function isFlavour(name: string): name is Flavour {
  return Object.hasOwn(paths, name);
}

function endpointsAt(base: string, flavour: Flavour): NonNullable<ProviderRequest['endpoints']> {
  const { revocation, ...others } = paths[flavour];
  const all = { ...others, ...(revocation === undefined ? {} : { revocation }) };
  return { issuer: base, ...Object.fromEntries(Object.entries(all).map(([name, path]) => [name, base + path])) };
}

interface Servers {
  readonly control: (path: string, method?: string, body?: object) => Promise<Response>;
  readonly origin: string;
}

/** The imitated servers, as tests order and ask them. */
function serversOf({ control, origin }: Servers, connections: Connections) {
  const add: ConnectionsBench['provider'] = async (principal, server, rest = {}) => {
    const client = { id: 'devmesh', secret: clientSecret, redirectUris: [redirectUri] };
    await control(`/oauth/${server}/clients`, 'POST', client);
    const flavour = server.split('~')[0] ?? '';
    if (!isFlavour(flavour)) throw new Error(`There is no server ${server}.`);
    const request: ProviderRequest = {
      name: server.replaceAll('~', '-'),
      preset: flavour === 'standard' ? 'generic' : flavour,
      endpoints: endpointsAt(`${origin}/oauth/${server}`, flavour),
      clientId: 'devmesh',
      clientSecret,
      apiHosts: [new URL(origin).host],
      ...rest,
    };
    return connections.providers.add(principal, request, nothing);
  };
  const token: ConnectionsBench['token'] = async ({ tenantId, userId }, provider, mode = 'user') => {
    const request = { tenantId, userId, providerId: provider.id, mode, baseUrl: origin };
    return (await connections.connectionToken(request)).token.open();
  };
  const consent: ConnectionsBench['consent'] = async (principal, provider, mode = 'user') => {
    const { url } = await connections.start(principal, { provider, mode });
    const ended = await connections.finish(await follow(url), { person: principal });
    if ('unproven' in ended) throw new Error('The consent still waits.');
    return ended;
  };
  return {
    provider: add,
    token,
    consent,
    follow,
    order: async (server: string, settings: object) => void (await control(`/oauth/${server}`, 'PATCH', settings)),
    register: async (server: string, client: object) =>
      void (await control(`/oauth/${server}/clients`, 'POST', client)),
    counts: async (server: string) => (await (await control(`/oauth/${server}`)).json()) as ServerCounts,
    endAccess: async (server: string) => void (await control(`/oauth/${server}/access-tokens`, 'DELETE')),
    requests: async (path: string) => {
      const answer = await control(`/requests?path=${encodeURIComponent(path)}`);
      return ((await answer.json()) as { requests: readonly { method: string }[] }).requests.map(
        ({ method }) => method,
      );
    },
    withdraw: async (server: string, account: string) =>
      void (await control(`/oauth/${server}/consents/${account}`, 'DELETE')),
    fault: async (fault: object) => void (await control('/faults', 'POST', fault)),
  };
}

async function follow(url: string): Promise<URLSearchParams> {
  const answer = await globalThis.fetch(url, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`${String(answer.status)} ${await answer.text()}`);
  expectRedirect(location);
  return new URL(location).searchParams;
}

/** Sends orders to the mock server. */
function controlOf(origin: string): Servers['control'] {
  return async (path, method = 'GET', body) => {
    const answer = await globalThis.fetch(`${origin}/_control${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${await answer.text()}`);
    return answer;
  };
}

/** Opens everything. */
export async function openConnectionsBench(): Promise<ConnectionsBench> {
  const database = await openTestDatabase();
  const logLines: string[] = [];
  const destination = { write: (line: string) => logLines.push(line) };
  const telemetry = createTelemetry({ service: 'test', level: 'debug', pretty: false, destination });
  const clock = shiftedClock();
  const mock = createMockserver({ port: 0, log: telemetry.log, clock });
  await mock.start();
  const origin = mock.url();
  const { host, port } = new URL(origin);
  const fetch = createGuardedFetch({ allowHosts: [host, `localhost:${port}`], telemetry });
  const audit = createAudit({ database, tracer: telemetry.tracer, newId });
  const vault = createVault({ masterKeys: newMasterKeys() });
  const keyvalue = openMemoryKeyValue();
  const base = { database, keyvalue, vault, audit, fetch, clock, telemetry };
  const another = (): Connections => createConnections({ ...base, newId, publicUrl: () => 'http://mesh.test' });
  const connections = another();
  return {
    ...base,
    connections,
    logLines,
    origin,
    another,
    ...serversOf({ origin, control: controlOf(origin) }, connections),
    person: (tenantId) => newPerson(database, tenantId),
    rowsOf: (tenantId) => rowsOf(database, tenantId),
    close: async () => {
      await fetch.close();
      await mock.stop();
      await telemetry.close();
      await database.close();
    },
  };
}

function expectRedirect(location: string): void {
  if (!location.startsWith(redirectUri)) throw new Error(`The browser was sent to ${location}.`);
}

async function newPerson(database: Database, organization: string | undefined): Promise<Principal> {
  const tenantId = organization ?? (await newTenant(database));
  const userId = newId();
  await database.tenant(tenantId, (tx) =>
    sql`insert into mcp.users (tenant_id, id, email, name, role)
        values (${tenantId}, ${userId}, ${`${userId}@example.com`}, 'Ada', 'admin')`.execute(tx),
  );
  return {
    tenantId,
    userId,
    keyId: newId(),
    keyType: 'admin',
    scopes: ['organization:write', 'connections:write', 'tools:read', 'tools:write', 'tools:call'],
    agentId: undefined,
  };
}

async function rowsOf(database: Database, tenantId: string): Promise<string> {
  return database.tenant(tenantId, async (tx) => {
    const { rows: tables } = await sql<{ name: string }>`
      select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'mcp' and c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'select')`.execute(tx);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(`mcp.${name}`)} t`.execute(tx);
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  });
}
