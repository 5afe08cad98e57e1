export { taskRoutes } from './routes.ts';
export { createTasks, type Tasks } from './service.ts';
export { createTaskSweeper } from './sweeper.ts';
