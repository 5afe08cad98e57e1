export type { ActingPrincipal, Actor } from './actor.ts';
export { auditRoutes } from './routes.ts';
export { createAudit, type Audit } from './service.ts';
