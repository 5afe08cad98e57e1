export { limitRoutes } from './routes.ts';
export { createLimits, type Limits } from './service.ts';
