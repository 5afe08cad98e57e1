export { createPublicUrl, type PublicUrl } from './public-url.ts';
export { type OpenSignIn, type SignInRequest } from './open-sign-in.ts';
export { createSignIns, type SignIns, type Tokens } from './sign-ins.ts';
export { accessTokenSeconds } from './signing-keys.ts';
