import { fileURLToPath } from 'node:url';
import type { MigrationService } from './migration-files.ts';

/** The migrations of the whole product as they lie in the source tree; rag's come after core's, on which they depend. */
export const productMigrations: readonly MigrationService[] = ['core', 'rag'].map((name) => ({
  name,
  folder: fileURLToPath(new URL(`../../../migrations/${name}/`, import.meta.url)),
}));
