export { type ToolResource } from './question.ts';
export { effectOfTool } from './question.ts';
export { policyRoutes } from './routes.ts';
export { createPolicy, type Policy } from './service.ts';
