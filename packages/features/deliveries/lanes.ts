import type { Address } from './lease.ts';

interface LanesOptions {
  /** Works for one endpoint and tells whether there is more to do. */
  readonly work: (address: Address, signal: AbortSignal) => Promise<boolean>;
  /** Endpoints of one organization that are worked for at once. */
  readonly perTenant: number;
}

/** Works for an endpoint, or leaves it to whoever works for the organization already. */
export type Lanes = (address: Address, signal: AbortSignal) => Promise<void>;

interface Tenant {
  readonly running: Set<string>;
  readonly waiting: Set<string>;
}

/**
 * Shares the hands of a process: an organization gets a few lanes and no more, so that its slow endpoints hold up no other
 * organization. An endpoint that is rung for while its lane runs is looked at once more afterwards.
 */
export function createLanes({ work, perTenant }: LanesOptions): Lanes {
  const tenants = new Map<string, Tenant>();

  const runUntilIdle = async (tenant: Tenant, address: Address, signal: AbortSignal): Promise<void> => {
    for (let endpointId: string | undefined = address.endpointId; endpointId !== undefined;) {
      tenant.running.add(endpointId);
      try {
        const more = await work({ ...address, endpointId }, signal);
        if (more) tenant.waiting.add(endpointId);
      } finally {
        tenant.running.delete(endpointId);
      }
      endpointId = signal.aborted ? undefined : takeNext(tenant);
    }
  };

  return async (address, signal) => {
    const { tenantId, endpointId } = address;
    const tenant = tenants.get(tenantId) ?? { running: new Set<string>(), waiting: new Set<string>() };
    tenants.set(tenantId, tenant);
    if (tenant.running.has(endpointId) || tenant.running.size >= perTenant) {
      tenant.waiting.add(endpointId);
      return;
    }
    try {
      await runUntilIdle(tenant, address, signal);
    } finally {
      // What still waits is in the rows as well, and is rung for again.
      if (tenant.running.size === 0 && tenants.get(tenantId) === tenant) tenants.delete(tenantId);
    }
  };
}

/** The endpoint that waits longest and is not being worked for. */
function takeNext({ running, waiting }: Tenant): string | undefined {
  const next = [...waiting].find((endpointId) => !running.has(endpointId));
  if (next !== undefined) waiting.delete(next);
  return next;
}
