export { actorOf, type Principal } from './principal.ts';
export { identityRoutes } from './routes.ts';
export { createIdentity, type Identity } from './service.ts';
