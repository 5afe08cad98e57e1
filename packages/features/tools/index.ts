export { createToolEmbedding } from './finding/embed-tools.ts';
export { createToolProber } from './probes/prober.ts';
export { toolRoutes } from './routes.ts';
export { sealedColumns } from './credentials/sealed-columns.ts';
export { createResultSweeper } from './results/sweeper.ts';
export { createTools, type Tools } from './service.ts';
