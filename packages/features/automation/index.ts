export type { Effect, Occurrence } from './actions/action.ts';
export { notifyAction } from './actions/notify.ts';
export { reindexAction } from './actions/reindex.ts';
export { storeAction } from './actions/store-only.ts';
export { taskAction } from './actions/task.ts';
export { automationRoutes } from './routes.ts';
export type { Verdict, Wish } from './rules.ts';
export { createAutomation, type Automation } from './service.ts';
