import { MeshError } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import { actorOf, type Principal } from '../../identity/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { noTool } from '../no-tool.ts';
import { selectExecution, updateExecution } from './store-execution.ts';
import { defaultSettings, type ExecutionSettings } from './settings.ts';

/** What an organization sets; what is absent is as by default. */
export type SetSettings = { readonly [Name in keyof ExecutionSettings]?: ExecutionSettings[Name] | undefined };

interface Execution {
  /** What holds. */
  readonly settings: ExecutionSettings;
  /** The names of those that the organization set. */
  readonly set: readonly string[];
}

/** How the calls of each service are carried out. */
export interface ToolExecution {
  /** Throws `not_found` where there is no such service. */
  read(principal: Principal, toolId: string): Promise<Execution>;
  /** Replaces what was set. Throws `not_found`, and `conflict` for an MCP server, whose calls have no such settings. */
  set(principal: Principal, toolId: string, settings: SetSettings): Promise<Execution>;
}

interface ToolExecutionOptions {
  readonly database: Database;
  readonly catalogue: Pick<Catalogue, 'change'>;
  readonly audit: Audit;
}

/** Builds it. */
export function createToolExecution({ database, catalogue, audit }: ToolExecutionOptions): ToolExecution {
  return {
    read: async ({ tenantId }, toolId) => {
      const found = await database.tenant(tenantId, (tx) => selectExecution(tx, toolId));
      if (found === undefined) throw noTool(toolId);
      return executionOf(found.settings ?? {});
    },
    set: (principal, toolId, given) => {
      const settings = givenOnly(given);
      return catalogue.change(principal.tenantId, () =>
        database.tenant(principal.tenantId, async (tx) => {
          const found = await selectExecution(tx, toolId);
          if (found === undefined) throw noTool(toolId);
          if (found.kind === 'mcp') {
            throw new MeshError(
              'conflict',
              'The service is an MCP server: whoever calls it decides how long it may take.',
            );
          }
          await updateExecution(tx, toolId, settings);
          const entry = { actor: actorOf(principal), action: 'tools.setExecution', subject: toolId } as const;
          await audit.record(tx, { ...entry, detail: { ...settings } });
          return executionOf(settings);
        }),
      );
    },
  };
}

/** What holds for calls of a service with what an organization set for it. */
export function settingsOf(set: SetSettings | null): ExecutionSettings {
  return set === null ? defaultSettings : { ...defaultSettings, ...givenOnly(set) };
}

function executionOf(set: SetSettings): Execution {
  return { settings: settingsOf(set), set: Object.keys(set).toSorted() };
}

function givenOnly(settings: SetSettings): Partial<ExecutionSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
