import { toMeshError, version, type Clock } from '@devmesh/foundation';
import { isOutage } from '../platform/outage.ts';
import type { PlatformLink } from '../platform/link.ts';
import type { EdgePrincipal } from '../principal.ts';

/** What the health resource is told from. */
export interface HealthSources {
  readonly link: Pick<PlatformLink, 'downSince'>;
  readonly clock: Clock;
}

/** The platform's own report, just asked for, and whether the gateway reaches it: that it does not is an answer too. */
export async function readHealth(
  { link, clock }: HealthSources,
  { client }: EdgePrincipal,
  signal: AbortSignal,
): Promise<object> {
  const gateway = (reachesPlatform: boolean) => ({
    version,
    reachesPlatform,
    ...(link.downSince === undefined ? {} : { platformDownSince: new Date(link.downSince).toISOString() }),
    askedAt: new Date(clock.now()).toISOString(),
  });
  try {
    return { ...(await client.system.health({}, { signal })), gateway: gateway(true) };
  } catch (error) {
    if (!isOutage(error)) throw error;
    const platform = { name: 'platform', ready: false, reason: toMeshError(error).message };
    return { status: 'unavailable', components: [platform], gateway: gateway(false) };
  }
}
