export { agentRoutes } from './routes.ts';
export { createAgents, type Agents } from './service.ts';
export { onlineSeconds, type AgentRow } from './store.ts';
