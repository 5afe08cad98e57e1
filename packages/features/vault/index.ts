export { createVault, type SecretPlace, type Vault } from './service.ts';
