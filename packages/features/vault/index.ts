export { createVaultKeeper, createVaultKeeping } from './keeper.ts';
export { createVaultKeys, type VaultKeys } from './keys.ts';
export { checkMasterKeys } from './master-key-check.ts';
export { vaultRoutes } from './routes.ts';
export type { SealedColumn } from './sealed-column.ts';
export type { SecretPlace } from './sealed.ts';
export { createVault, type Vault } from './service.ts';
