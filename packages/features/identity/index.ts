export { createPrincipalCache, type Credential, type PrincipalCache } from './principal-cache.ts';
export { actorOf, type Principal, type ToolList } from './principal.ts';
export { identityRoutes } from './routes.ts';
export { createIdentity, type Identity } from './service.ts';
