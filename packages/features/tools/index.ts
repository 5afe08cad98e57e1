export { toolRoutes } from './routes.ts';
export { createTools, type Tools } from './service.ts';
