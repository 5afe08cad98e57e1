export { commandRoutes } from './routes.ts';
export { createCommands } from './service.ts';
