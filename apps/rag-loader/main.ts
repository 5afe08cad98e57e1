import { runAlone } from '@devmesh/features';
import { createRagLoader } from './index.ts';

await runAlone({ name: 'rag-loader', shape: {}, create: createRagLoader });
