export { sessionRoutes } from './routes.ts';
export { createEdgeSessions, type EdgeSessions } from './service.ts';
