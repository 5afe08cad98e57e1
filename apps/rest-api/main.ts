import { fileURLToPath } from 'node:url';
import { runAlone } from '@devmesh/features';
import { integer } from '@devmesh/foundation';
import { listenerConfigShape, listenerOf } from '@devmesh/infrastructure';
import { z } from 'zod';
import { createRestApi } from './index.ts';

const shape = {
  HOST: z.string().default('0.0.0.0').describe('The address to listen on.'),
  PORT: integer(8081, 0, 65_535).describe('The port to listen on.'),
  ...listenerConfigShape,
};

await runAlone({
  name: 'rest-api',
  shape,
  create: ({ platform, features, config }) =>
    createRestApi({
      platform,
      features,
      host: config.HOST,
      port: config.PORT,
      ...listenerOf(config),
      consoleFolder: fileURLToPath(new URL('../console/dist', import.meta.url)),
    }),
});
