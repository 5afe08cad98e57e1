export type { Person } from './consent.ts';
export { createGatewayResources } from './gateway-resources.ts';
export { OAuthRefusal } from './oauth-refusal.ts';
export { authorizationRoutes } from './routes.ts';
export { createAuthorization, type Authorization } from './service.ts';
