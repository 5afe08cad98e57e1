import { stopTimes, untilSignal } from '@devmesh/foundation';
import { defineCommand } from 'citty';
import { readMeshConfig, type MeshConfig } from '../config.ts';
import { registerHome } from '../first-start.ts';
import { startMesh } from '../mesh.ts';
import { banner } from '../output/banner.ts';

/** `devmesh up`: every service in this process. */
export const up = defineCommand({
  meta: { name: 'up', description: 'Start every service in this process; `devmesh variables` lists what can be set' },
  run: async () => {
    const startedAt = performance.now();
    const config = readMeshConfig(process.env);
    const mesh = await startMesh(config);
    const keys = await registerHome(mesh);
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(banner({ mesh, keys, engines: describeEngines(config), seconds }));
    await untilSignal(() => mesh.stop(), stopTimes(config));
  },
});

function describeEngines(config: MeshConfig): string {
  const database =
    config.DATABASE_URL === undefined
      ? `the embedded database in ${config.DATA_DIR} (survives kill, not a power cut)`
      : 'PostgreSQL';
  return config.REDIS_URL === undefined ? database : `${database} and Redis`;
}
