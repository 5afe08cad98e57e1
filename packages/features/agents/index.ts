export { agentRoutes } from './routes.ts';
export { createAgents, type Agents } from './service.ts';
export type { AgentRow } from './store.ts';
