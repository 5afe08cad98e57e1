export { eventRoutes } from './routes.ts';
export { createEvents, type Events } from './service.ts';
export { somethingAfter, type Position } from './store.ts';
