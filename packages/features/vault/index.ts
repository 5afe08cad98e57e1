export { createVault, type Vault } from './service.ts';
