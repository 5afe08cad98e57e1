export { eventRoutes } from './routes.ts';
export { createEvents, type Events, type PlacedEvent } from './service.ts';
export { somethingAfter, type Position } from './store.ts';
