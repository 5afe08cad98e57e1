import { MeshError, runServices, type Service } from '@devmesh/foundation';
import { hasMasterKey, openPlatform, type Platform, type PlatformConfig } from '@devmesh/infrastructure';
import type { FeatureConfig } from './config.ts';
import { createFeatures, type Features } from './features.ts';
import { checkMasterKeys } from './vault/index.ts';

interface HostOptions {
  readonly config: PlatformConfig & FeatureConfig;
  /** The program's name. */
  readonly name: string;
  /** Whether this process hosts every service; only then may the database be the embedded one. */
  readonly whole: boolean;
  /** The services to run, in the order they start. */
  readonly choose: (parts: { readonly platform: Platform; readonly features: Features }) => readonly Service[];
}

/** A process that hosts services. */
export interface Hosted {
  readonly platform: Platform;
  readonly features: Features;
  readonly services: readonly Service[];
  /** Stops the services in reverse order, then closes the platform. */
  stop(): Promise<void>;
}

/** Opens the platform, builds the features and runs the chosen services; when anything fails, everything opened is closed. */
export async function host({ config, name, whole, choose }: HostOptions): Promise<Hosted> {
  if (!whole) refuseEmbedded(config, name);
  const platform = await openPlatform({ config, service: name, migrate: whole });
  let services: readonly Service[] = [];
  const features = createFeatures({ platform, config, services: () => services });
  const closeAll = async (): Promise<void> => {
    await features.close();
    await platform.close();
  };
  try {
    await tellOfWrongMasterKey(platform);
    services = choose({ platform, features });
    const drainMilliseconds = config.DRAIN_SECONDS * 1_000;
    const running = await runServices(services, { log: platform.telemetry.log, drainMilliseconds });
    const stopAll = async (): Promise<void> => {
      try {
        await running.stop();
      } finally {
        await closeAll();
      }
    };
    let stopped: Promise<void> | undefined;
    return {
      platform,
      features,
      services,
      stop: () => (stopped ??= stopAll()),
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** What needs no stored secret still works without the right key; /health tells the same for as long as it lasts. */
async function tellOfWrongMasterKey(platform: Platform): Promise<void> {
  try {
    await checkMasterKeys(platform);
  } catch (error) {
    platform.telemetry.log.error('the master key does not open what is stored', error);
  }
}

function refuseEmbedded(config: PlatformConfig, name: string): void {
  if (config.DATABASE_URL !== undefined && hasMasterKey(config)) return;
  throw new MeshError(
    'invalid_config',
    `${name} alone needs DATABASE_URL and MASTER_KEY (or MASTER_KEY_FILE, MASTER_KEY_SECRET_ID), shared by all services; the embedded database belongs to one process: use \`devmesh up\`.`,
  );
}
