import {
  parseConfig,
  runProgram,
  stopTimes,
  untilSignal,
  type ConfigOf,
  type ConfigShape,
  type Service,
} from '@devmesh/foundation';
import { platformConfigShape, type Platform, type PlatformConfig } from '@devmesh/infrastructure';
import { featureConfigShape, type FeatureConfig } from './config.ts';
import type { Features } from './features.ts';
import { host } from './host.ts';

interface AloneOptions<Shape extends ConfigShape> {
  /** The service's name. */
  readonly name: string;
  /** The variables that only this service has. */
  readonly shape: Shape;
  readonly create: (parts: {
    readonly platform: Platform;
    readonly features: Features;
    readonly config: PlatformConfig & FeatureConfig & ConfigOf<Shape>;
  }) => Service;
}

/** Runs one service as a program of its own, on a PostgreSQL that others share, until a signal stops it. */
export function runAlone<Shape extends ConfigShape>({ name, shape, create }: AloneOptions<Shape>): Promise<void> {
  return runProgram(async () => {
    const common = parseConfig({ ...platformConfigShape, ...featureConfigShape, ...shape }, process.env);
    const config = common as PlatformConfig & FeatureConfig & ConfigOf<Shape>;
    const hosted = await host({ config, name, whole: false, choose: (parts) => [create({ ...parts, config })] });
    await untilSignal(() => hosted.stop(), stopTimes(config));
  });
}
