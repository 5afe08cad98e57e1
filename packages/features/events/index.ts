export { eventRoutes } from './routes.ts';
export { createEvents, type EventFact, type Events } from './service.ts';
