import type { Database } from '@devmesh/infrastructure';
import type { Principal } from '../../identity/index.ts';
import { cutPage, readCursor, type Page } from '../../paging.ts';
import type { Policy } from '../../policy/index.ts';
import type { ToolCall } from '../call-tool.ts';
import type { CallResult } from '../calling/present-answer.ts';
import type { OperationRow } from '../store.ts';
import { resourceOf } from '../tool-resource.ts';
import { readResourceAddress } from './resource-uri.ts';
import { selectResources } from './store.ts';

interface ExposedOptions {
  readonly database: Database;
  readonly policy: Pick<Policy, 'filter'>;
  readonly call: (call: ToolCall) => Promise<CallResult>;
}

/** Operations that route rules make resources. */
export interface ExposedResources {
  /** Those that the principal may read, by name; a page may be shorter than asked for. */
  list(
    principal: Principal,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<OperationRow>>;
  /** Reads by the very path of calls: the same decision, checks and records. */
  read(call: Omit<ToolCall, 'name' | 'arguments' | 'set' | 'of'> & { readonly uri: string }): Promise<CallResult>;
}

/** Builds it. */
export function createExposedResources({ database, policy, call }: ExposedOptions): ExposedResources {
  return {
    list: async (principal, { cursor, limit }) => {
      const after = readCursor(cursor, /^[a-zA-Z0-9_-]{1,64}$/u);
      const rows = await database.tenant(principal.tenantId, (tx) => selectResources(tx, after, limit));
      const page = cutPage(
        rows,
        limit,
        (row) => row.name,
        (row) => row,
      );
      const items = await policy.filter(principal, page.items, (row) => ({ resource: resourceOf(row, row.server) }));
      return { ...page, items: [...items] };
    },
    read: async ({ uri, ...rest }) => {
      const { service, name, arguments: values } = readResourceAddress(uri);
      return call({ ...rest, name, arguments: values, of: { service, uri } });
    },
  };
}
