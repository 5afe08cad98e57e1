import { MeshError, Secret, type NewId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import type { Vault } from '../vault/index.ts';
import { addedHeaders } from './headers.ts';
import { sealedPlace, type Address } from './lease.ts';
import { newSigningSecret } from './signature.ts';
import { selectStats, type StatsRow } from './store-attempts.ts';
import {
  countEndpoints,
  deleteEndpoint,
  insertEndpoint,
  lockEndpoint,
  rotateSecret,
  selectEndpoint,
  selectEndpoints,
  setEnabled,
  updateEndpoint,
  type EndpointRow,
} from './store-endpoints.ts';

export interface EndpointsOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
}

interface EndpointRequest {
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

type ChangeRequest = { readonly [Field in keyof EndpointRequest]?: EndpointRequest[Field] | undefined } & {
  readonly enabled?: boolean | undefined;
};

/** An endpoint with its signing secret, which exists in clear only here. */
export interface SignedEndpoint {
  readonly endpoint: EndpointRow;
  readonly secret: Secret;
}

type Commit = (tx: Tx, signed: SignedEndpoint) => Promise<void>;

/** Where an organization's events are sent. */
export interface Endpoints {
  /** Creates an endpoint that gets what happens from now on; `commit` runs in the same transaction. */
  create(principal: Principal, request: EndpointRequest, commit: Commit): Promise<SignedEndpoint>;
  list(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<EndpointRow>>;
  /** Throws `not_found`, like all that follow. */
  get(principal: Principal, endpointId: string): Promise<EndpointRow>;
  /** Changes what is given; one that is switched on again goes on where it stopped. */
  update(principal: Principal, endpointId: string, change: ChangeRequest): Promise<EndpointRow>;
  /** Deletes an endpoint with its deliveries. */
  remove(principal: Principal, endpointId: string): Promise<void>;
  /** Gives it a new secret; the old one signs as well for the grace. */
  rotate(
    principal: Principal,
    rotation: { endpointId: string; graceSeconds: number },
    commit: Commit,
  ): Promise<SignedEndpoint>;
  stats(principal: Principal, endpointId: string, hours: number): Promise<StatsRow>;
}

/** Endpoints of one organization; each costs a read of every event. */
const mostEndpoints = 100;

/** Builds the endpoints. */
export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { database } = options;
  return {
    create: (principal, request, commit) => create(options, principal, { request, commit }),
    list: async ({ tenantId }, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(tenantId, (tx) => selectEndpoints(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    get: ({ tenantId }, endpointId) => database.tenant(tenantId, (tx) => readEndpoint(tx, endpointId)),
    update: (principal, endpointId, change) => update(options, principal, { endpointId, change }),
    remove: (principal, endpointId) =>
      database.tenant(principal.tenantId, async (tx) => {
        if (!(await deleteEndpoint(tx, endpointId))) throw missing(endpointId);
        await options.audit.record(tx, { actor: actorOf(principal), action: 'endpoints.delete', subject: endpointId });
      }),
    rotate: (principal, rotation, commit) => rotate(options, principal, { ...rotation, commit }),
    stats: ({ tenantId }, endpointId, hours) =>
      database.tenant(tenantId, async (tx) => {
        await readEndpoint(tx, endpointId);
        return selectStats(tx, endpointId, hours);
      }),
  };
}

/** An endpoint as it stands; throws `not_found`. */
export async function readEndpoint(tx: Tx, endpointId: string): Promise<EndpointRow> {
  const endpoint = await selectEndpoint(tx, endpointId);
  if (endpoint === undefined) throw missing(endpointId);
  return endpoint;
}

/** What is said of an endpoint that does not exist. */
export function missing(endpointId: string): MeshError {
  return new MeshError('not_found', `There is no webhook endpoint ${endpointId}.`);
}

interface Creation {
  readonly request: EndpointRequest;
  readonly commit: Commit;
}

async function create(
  options: EndpointsOptions,
  principal: Principal,
  { request, commit }: Creation,
): Promise<SignedEndpoint> {
  const { database, vault, audit, events, newId } = options;
  const address = { tenantId: principal.tenantId, endpointId: newId() };
  const { url, description, eventTypes } = request;
  const headers = addedHeaders(request.headers);
  const secret = newSigningSecret();
  return database.tenant(address.tenantId, async (tx) => {
    if ((await countEndpoints(tx)) >= mostEndpoints) {
      throw new MeshError('conflict', `An organization has at most ${String(mostEndpoints)} webhook endpoints.`);
    }
    const sealed = await vault.seal(tx, sealedPlace(address, 'secret'), secret);
    const { names, sealed: sealedHeaders } = await sealHeaders(vault, tx, address, headers);
    const position = await events.position(tx);
    await insertEndpoint(tx, {
      id: address.endpointId,
      url,
      description,
      eventTypes,
      headerNames: names,
      headers: sealedHeaders,
      secret: sealed,
      position,
    });
    await audit.record(tx, {
      actor: actorOf(principal),
      action: 'endpoints.create',
      subject: address.endpointId,
      detail: { host: new URL(url).host, eventTypes, headers: names },
    });
    const created = { endpoint: await readEndpoint(tx, address.endpointId), secret };
    await commit(tx, created);
    return created;
  });
}

interface Change {
  readonly endpointId: string;
  readonly change: ChangeRequest;
}

async function update(
  { database, vault, audit }: EndpointsOptions,
  principal: Principal,
  { endpointId, change }: Change,
): Promise<EndpointRow> {
  const { enabled, headers, ...plain } = change;
  const address = { tenantId: principal.tenantId, endpointId };
  return database.tenant(principal.tenantId, async (tx) => {
    const present = await lockEndpoint(tx, endpointId);
    if (present === undefined) throw missing(endpointId);
    const sealed = headers === undefined ? undefined : await sealHeaders(vault, tx, address, addedHeaders(headers));
    await updateEndpoint(tx, endpointId, { ...plain, headers: sealed });
    if (enabled === true) await setEnabled(tx, endpointId, undefined);
    if (enabled === false && present.enabled) await setEnabled(tx, endpointId, 'asked');
    const changed = Object.keys(change).filter((field) => change[field as keyof ChangeRequest] !== undefined);
    await audit.record(tx, {
      actor: actorOf(principal),
      action: 'endpoints.update',
      subject: endpointId,
      detail: { changed, ...(enabled === undefined ? {} : { enabled }) },
    });
    return readEndpoint(tx, endpointId);
  });
}

/** Values are sealed together; names are shown. */
async function sealHeaders(vault: Vault, tx: Tx, address: Address, headers: Readonly<Record<string, string>>) {
  const names = Object.keys(headers).toSorted();
  if (names.length === 0) return { names, sealed: null };
  return { names, sealed: await vault.seal(tx, sealedPlace(address, 'headers'), new Secret(JSON.stringify(headers))) };
}

interface Rotation {
  readonly endpointId: string;
  readonly graceSeconds: number;
  readonly commit: Commit;
}

async function rotate(
  { database, vault, audit }: EndpointsOptions,
  principal: Principal,
  { endpointId, graceSeconds, commit }: Rotation,
): Promise<SignedEndpoint> {
  const secret = newSigningSecret();
  return database.tenant(principal.tenantId, async (tx) => {
    if ((await lockEndpoint(tx, endpointId)) === undefined) throw missing(endpointId);
    const sealed = await vault.seal(tx, sealedPlace({ tenantId: principal.tenantId, endpointId }, 'secret'), secret);
    await rotateSecret(tx, endpointId, sealed, graceSeconds);
    await audit.record(tx, {
      actor: actorOf(principal),
      action: 'endpoints.rotate',
      subject: endpointId,
      detail: { graceSeconds },
    });
    const rotated = { endpoint: await readEndpoint(tx, endpointId), secret };
    await commit(tx, rotated);
    return rotated;
  });
}
