export { retentionRoutes } from './routes.ts';
export { createRetentionKeeper } from './keeper.ts';
export { createRetention, type Retention } from './service.ts';
