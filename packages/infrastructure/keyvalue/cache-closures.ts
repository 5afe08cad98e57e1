import type { Clock } from '@devmesh/foundation';

/** Tenants whose values are being changed: until the change is over nothing of theirs is kept. */
export interface Closures {
  begin(tenantId: string, changeId: string): void;
  end(tenantId: string, changeId: string): void;
  has(tenantId: string): boolean;
}

// A process that began a change and died never says that it is over.
const longest = 60_000;

/** No tenant is being changed yet. */
export function createClosures(clock: Clock): Closures {
  const byTenant = new Map<string, Map<string, number>>();
  const end = (tenantId: string, changeId: string): void => {
    const changes = byTenant.get(tenantId);
    changes?.delete(changeId);
    if (changes?.size === 0) byTenant.delete(tenantId);
  };
  return {
    begin: (tenantId, changeId) => {
      const changes = byTenant.get(tenantId) ?? new Map<string, number>();
      byTenant.set(tenantId, changes.set(changeId, clock.now() + longest));
    },
    end,
    has: (tenantId) => {
      for (const [changeId, until] of byTenant.get(tenantId) ?? []) {
        if (until <= clock.now()) end(tenantId, changeId);
      }
      return byTenant.has(tenantId);
    },
  };
}
