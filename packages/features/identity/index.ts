export { createOrganizationEraser } from './erasure/eraser.ts';
export { actorOf, type Principal } from './principal.ts';
export { checkNewPassword } from './password-rules.ts';
export { createPasswordHasher, type PasswordHasher } from './password.ts';
export { createPrincipalCache, type Credential, type PrincipalCache } from './principal-cache.ts';
export { identityRoutes } from './routes.ts';
export { createIdentity, type Identity } from './service.ts';
export { settingsIn } from './settings.ts';
