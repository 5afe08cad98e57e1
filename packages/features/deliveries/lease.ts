import { Secret } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Vault } from '../vault/index.ts';
import type { Target } from './attempt.ts';
import { room, type Breaker } from './breaker.ts';
import { countUnderWay, leaseDue, type LeasedRow } from './store-deliveries.ts';
import { lockEndpoint, type EndpointRow, type EndpointWithSecrets } from './store-endpoints.ts';

interface LeaseOptions {
  readonly database: Database;
  readonly vault: Vault;
  /** Seconds that a delivery stays with its taker; longer than a request may last. */
  readonly leaseSeconds: number;
}

/** One endpoint of one organization. */
export interface Address {
  readonly tenantId: string;
  readonly endpointId: string;
}

/** Deliveries that were taken up, and where they go. */
export interface Load {
  readonly target: Target;
  readonly deliveries: readonly LeasedRow[];
}

/** Deliveries to one endpoint that are under way at once, wherever their workers run. */
const parallel = 4;

/** Takes up what is due for an endpoint, as far as its breaker and what is under way leave room; undefined for nothing. */
export function takeLoad(options: LeaseOptions, { tenantId, endpointId }: Address): Promise<Load | undefined> {
  return options.database.tenant(tenantId, async (tx) => {
    // The lock makes counting and taking one step, so that two workers together stay within the room.
    const endpoint = await lockEndpoint(tx, endpointId);
    if (endpoint === undefined || !endpoint.enabled) return undefined;
    const underWay = await countUnderWay(tx, endpointId);
    const count = room(breakerOf(endpoint), { now: endpoint.now.getTime(), underWay, parallel });
    if (count === 0) return undefined;
    const deliveries = await leaseDue(tx, { endpointId, count, seconds: options.leaseSeconds });
    if (deliveries.length === 0) return undefined;
    return { deliveries, target: await openTarget(options.vault, tx, { tenantId, endpoint }) };
  });
}

/** The breaker that an endpoint's row holds. */
export function breakerOf({ failures, failingSince, openings, openUntil }: EndpointRow): Breaker {
  return { failures, openings, failingSince: failingSince?.getTime(), openUntil: openUntil?.getTime() };
}

/** How a sealed value of an endpoint is bound to its place. */
export function sealedPlace({ tenantId, endpointId }: Address, field: 'secret' | 'headers') {
  return { tenantId, table: 'webhook_endpoints', row: endpointId, field };
}

interface Opening {
  readonly tenantId: string;
  readonly endpoint: EndpointWithSecrets;
}

async function openTarget(vault: Vault, tx: Tx, { tenantId, endpoint }: Opening): Promise<Target> {
  const address = { tenantId, endpointId: endpoint.id };
  const { secret, previousSecret, headers } = endpoint;
  const sealed = previousSecret === null ? [secret] : [secret, previousSecret];
  const secrets: Secret[] = [];
  for (const one of sealed) secrets.push(await vault.open(tx, sealedPlace(address, 'secret'), one));
  return {
    url: endpoint.url,
    secrets,
    headers: headers === null ? {} : await openHeaders(vault, tx, address, headers),
  };
}

async function openHeaders(
  vault: Vault,
  tx: Tx,
  address: Address,
  sealed: Uint8Array,
): Promise<Readonly<Record<string, Secret>>> {
  const text = await vault.open(tx, sealedPlace(address, 'headers'), sealed);
  const values = JSON.parse(text.open()) as Record<string, string>;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Secret(value)]));
}
