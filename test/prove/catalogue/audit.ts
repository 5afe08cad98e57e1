import type { MigrationConnection } from '@devmesh/infrastructure';
import { readCatalogue } from './read.ts';
import { rules } from './rules.ts';

/** What the audit of a catalogue found. */
export interface CatalogueAudit {
  readonly tables: number;
  readonly policies: number;
  readonly keys: number;
  readonly grants: number;
  readonly rules: number;
  /** A sentence for each thing that is not as isolation needs it. */
  readonly problems: readonly string[];
}

/** Asks every rule about the catalogue of a database; it changes nothing there. */
export async function auditCatalogue(connection: Pick<MigrationConnection, 'query'>): Promise<CatalogueAudit> {
  const catalogue = await readCatalogue(connection);
  return {
    tables: catalogue.tables.length,
    policies: catalogue.policies.length,
    keys: catalogue.uniqueKeys.length + catalogue.foreignKeys.length,
    grants: catalogue.grants.length,
    rules: rules.length,
    problems: rules.flatMap(({ problems }) => problems(catalogue)),
  };
}
