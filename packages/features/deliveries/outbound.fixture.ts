import { scopesOfKeyType, type EventType } from '@devmesh/api';
import { newId, silentTelemetry, systemClock, type Secret } from '@devmesh/foundation';
import {
  createGuardedFetch,
  openDatabaseBell,
  openDatabaseStream,
  type ClosableGuardedFetch,
  type Database,
  type GuardedFetch,
  type Stream,
} from '@devmesh/infrastructure';
import { createMockserver, type Mockserver } from '@devmesh/mockserver';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { createAgents } from '../agents/index.ts';
import { createAudit, type Audit } from '../audit/index.ts';
import { createEvents, type Events } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { createNotifications, type Notifications } from '../notifications/index.ts';
import { createVault, type Vault } from '../vault/index.ts';
import { dispatchTo } from './dispatch.ts';
import { createDeliveries, type Deliveries } from './index.ts';
import { workLane, type LaneOptions } from './lane.ts';
import type { AttemptRow } from './store-attempts.ts';
import type { DeliveryRow } from './store-deliveries.ts';
import type { EndpointRow } from './store-endpoints.ts';

const telemetry = silentTelemetry;

/** Outbound webhooks on a real database and stream, with the mock server as the receiver. */
export interface Outbound {
  readonly database: Database;
  readonly stream: Stream;
  readonly events: Events;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly notifications: Notifications;
  readonly deliveries: Deliveries;
  readonly mock: Mockserver;
  /** Reaches the mock server, and nothing else that is private. */
  readonly fetch: GuardedFetch;
  readonly lane: LaneOptions;
  /** A guarded fetch that allows these hosts. */
  guarded(allowHosts: readonly string[]): GuardedFetch;
  organization(): Promise<Organization>;
  close(): Promise<void>;
}

/** Opens everything. */
export async function openOutbound(): Promise<Outbound> {
  const database = await openTestDatabase();
  const bell = openDatabaseBell({ database, log: telemetry.log });
  const stream = openDatabaseStream({ database, bell, log: telemetry.log });
  const audit = createAudit({ database, newId, tracer: telemetry.tracer });
  const events = createEvents({ database, telemetry });
  const vault = createVault({ masterKeys: newMasterKeys() });
  const agents = createAgents({ database, audit, events, newId });
  const notifications = createNotifications({ database, agents, audit, events, newId, telemetry });
  const deliveries = createDeliveries({ database, stream, vault, audit, events, newId, telemetry });
  const mock = createMockserver({ port: 0, log: telemetry.log });
  await mock.start();
  const fetches: ClosableGuardedFetch[] = [];
  const guarded = (allowHosts: readonly string[]): GuardedFetch => {
    const one = createGuardedFetch({ allowHosts, telemetry });
    fetches.push(one);
    return one;
  };
  const fetch = guarded([new URL(mock.url()).host]);
  const parts = { database, stream, events, vault, audit, notifications, deliveries, mock, fetch };
  const lane: LaneOptions = { ...parts, clock: systemClock, telemetry, stopping: () => false };
  return {
    ...parts,
    lane,
    guarded,
    organization: async () => organizationOf({ ...parts, lane }, await newTenant(database)),
    close: async () => {
      await Promise.all(fetches.map((one) => one.close()));
      await mock.stop();
      await events.close();
      await stream.close();
      await bell.close();
      await database.close();
    },
  };
}

type Parts = Omit<Outbound, 'guarded' | 'organization' | 'close'>;

/** A webhook as the mock server received and judged it. */
interface Received {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string;
  readonly refusal?: string;
}

/** An endpoint at a receiver of its own. */
export interface TestEndpoint {
  readonly id: string;
  readonly secret: Secret;
  /** What the receiver got, oldest first. */
  received(): Promise<readonly Received[]>;
  /** Makes the receiver expect these secrets. */
  expects(...secrets: readonly Secret[]): Promise<void>;
  /** Orders a fault for the next answers. */
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  /** Makes deliveries of what happened until there are `count` more. */
  dispatch(count: number): Promise<void>;
  /** Sends what is due, as a worker. */
  work(options?: Partial<LaneOptions>, signal?: AbortSignal): Promise<void>;
  /** Lets time pass for what waits, for the breaker and for leases. */
  pass(seconds: number): Promise<void>;
  row(): Promise<EndpointRow>;
  /** Oldest first. */
  deliveries(): Promise<readonly DeliveryRow[]>;
  attempts(deliveryId: string): Promise<readonly AttemptRow[]>;
}

/** One organization of a test. */
export interface Organization {
  readonly tenantId: string;
  readonly admin: Principal;
  /** Something happens. */
  publish(type: EventType, data?: Record<string, unknown>): Promise<void>;
  endpoint(options?: { url?: string; eventTypes?: string[]; headers?: Record<string, string> }): Promise<TestEndpoint>;
  /** The titles of its notices, newest first. */
  notices(): Promise<readonly string[]>;
  auditActions(): Promise<readonly string[]>;
}

/** For what commits nothing besides. */
export const noCommit = (): Promise<void> => Promise.resolve();

function organizationOf(parts: Parts, tenantId: string): Organization {
  const { database, events, notifications, audit, mock, deliveries } = parts;
  const admin: Principal = {
    tenantId,
    keyId: newId(),
    keyType: 'admin',
    scopes: scopesOfKeyType.admin,
    agentId: undefined,
  };
  return {
    tenantId,
    admin,
    publish: (type, data = {}) =>
      database.tenant(tenantId, (tx) => events.publish(tx, { type, subjectId: newId(), summary: `${type}!`, data })),
    endpoint: async ({ url, eventTypes = ['*'], headers = {} } = {}) => {
      const name = newId();
      const address = url ?? `${mock.url()}/receivers/${name}`;
      const request = { url: address, description: '', eventTypes, headers };
      const { endpoint, secret } = await deliveries.endpoints.create(admin, request, noCommit);
      const own = endpointOf(parts, { tenantId, admin, id: endpoint.id, name, secret });
      await own.expects(secret);
      return own;
    },
    notices: async () =>
      (await notifications.list(admin, { limit: 50, unread: false })).items.map(({ title }) => title),
    auditActions: async () =>
      (await audit.list(tenantId, { limit: 200 })).items.map(
        ({ actor, action }) => `${actor.split(':')[0] ?? ''} ${action}`,
      ),
  };
}

interface Place {
  readonly tenantId: string;
  readonly admin: Principal;
  readonly id: string;
  readonly name: string;
  readonly secret: Secret;
}

function endpointOf(parts: Parts, { tenantId, admin, id, name, secret }: Place): TestEndpoint {
  const { database, events, mock, deliveries, lane } = parts;
  const control = async (path: string, method: string, body?: unknown): Promise<unknown> => {
    const init = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await mock.fetch(
      new Request(`http://mock.test/_control/${path}`, body === undefined ? { method } : init),
    );
    if (!answer.ok) throw new Error(`the mock server answered ${String(answer.status)}`);
    return answer.json();
  };
  const address = { tenantId, endpointId: id };
  return {
    id,
    secret,
    received: async () => {
      const { webhooks } = (await control(`receivers/${name}`, 'GET')) as { webhooks: readonly Received[] };
      return webhooks;
    },
    expects: async (...secrets) => {
      await control(`receivers/${name}`, 'PUT', { secrets: secrets.map((one) => one.open()) });
    },
    fault: async (fault) => {
      await control('faults', 'POST', { path: `/receivers/${name}`, ...fault });
    },
    dispatch: async (count) => {
      let made = 0;
      // On a server that is shared, an older transaction of somebody else can hold back the feed for a moment.
      const look = async (): Promise<number> => {
        const done = await database.tenant(tenantId, (tx) => dispatchTo({ database, events, newId }, tx, address));
        made += done.made;
        return made;
      };
      await expect.poll(look, { timeout: 10_000, interval: 20 }).toBe(count);
    },
    work: async (options = {}, signal = new AbortController().signal) => {
      while (await workLane({ ...lane, ...options }, address, signal));
    },
    pass: (seconds) => database.tenant(tenantId, (tx) => passTime(tx, id, seconds)),
    row: () => deliveries.endpoints.get(admin, id),
    deliveries: async () =>
      (await deliveries.log.listDeliveries(admin, { endpointId: id, limit: 200 })).items.toReversed(),
    attempts: async (deliveryId) => (await deliveries.log.getDelivery(admin, deliveryId)).attempts,
  };
}

async function passTime(
  tx: Parameters<Parameters<Database['tenant']>[1]>[0],
  id: string,
  seconds: number,
): Promise<void> {
  const time = sql`make_interval(secs => ${seconds}::double precision)`;
  await sql`
    update mcp.endpoint_deliveries set next_attempt_at = next_attempt_at - ${time}, lease_until = lease_until - ${time},
      created_at = created_at - ${time}
    where endpoint_id = ${id}`.execute(tx);
  await sql`
    update mcp.webhook_endpoints set open_until = open_until - ${time}, failing_since = failing_since - ${time},
      previous_secret_until = previous_secret_until - ${time}
    where id = ${id}`.execute(tx);
}
