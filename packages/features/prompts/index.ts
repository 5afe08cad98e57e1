export { promptRoutes } from './routes.ts';
export { createPrompts, type Prompts } from './service.ts';
