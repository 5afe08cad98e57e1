export { createPublicUrl, type PublicUrl } from './public-url.ts';
export type { OpenSignIn } from './open-sign-in.ts';
export { signInRoutes } from './routes.ts';
export { isUnsafe, requireSameOrigin } from './same-origin.ts';
export { sealedColumns } from './sealed-columns.ts';
export { createSignIn, type SignIn } from './sign-in.ts';
export { createSignIns, type SignIns } from './sign-ins.ts';
export { accessTokenSeconds } from './signing-keys.ts';
export { createSignInSweeper } from './sweeper.ts';
