export { flagRoutes } from './routes.ts';
export { createFlags, type Flags } from './service.ts';
