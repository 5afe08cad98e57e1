export { createToolEmbedding } from './finding/embed-tools.ts';
export { toolRoutes } from './routes.ts';
export { sealedColumns } from './credentials/sealed-columns.ts';
export { createTools, type Tools } from './service.ts';
