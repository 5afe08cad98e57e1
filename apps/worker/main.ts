import { runAlone } from '@devmesh/features';
import { createWorker } from './index.ts';

await runAlone({ name: 'worker', shape: {}, create: createWorker });
