/** The loads of one process that are under way. */
export interface Flights<Value> {
  /** Joins the load of a key, or begins it; `owned` tells it whether it was not disowned meanwhile. */
  share(
    tenantId: string,
    key: string,
    begin: (owned: () => boolean) => Promise<Value | undefined>,
  ): Promise<Value | undefined>;
  /** Loads of the tenant that are under way may have seen the past: nobody joins them any more, and they keep nothing. */
  disown(tenantId: string): void;
}

/** No loads yet. */
export function createFlights<Value>(): Flights<Value> {
  const byTenant = new Map<string, Map<string, Promise<Value | undefined>>>();
  return {
    share: (tenantId, key, begin) => {
      const flights = byTenant.get(tenantId) ?? new Map<string, Promise<Value | undefined>>();
      const present = flights.get(key);
      if (present !== undefined) return present;
      byTenant.set(tenantId, flights);
      const flight = begin(() => byTenant.get(tenantId) === flights).finally(() => {
        flights.delete(key);
        if (flights.size === 0 && byTenant.get(tenantId) === flights) byTenant.delete(tenantId);
      });
      flights.set(key, flight);
      return flight;
    },
    disown: (tenantId) => {
      byTenant.delete(tenantId);
    },
  };
}
