import type { Principal } from '../identity/index.ts';
import { encodeCursor, type Page } from '../paging.ts';
import type { Policy } from '../policy/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { OperationRow } from './store.ts';
import { resourceOf } from './tool-resource.ts';

interface AllowedPage {
  readonly after: string | undefined;
  readonly limit: number;
  /** Others are looked past. */
  readonly within?: ((row: OperationRow) => boolean) | undefined;
}

/**
 * A page of the tools that a principal may call. It looks on until the page is full or nothing is left, so that a page
 * that is empty, or has no cursor, says that there is no more.
 */
export async function allowedTools(
  { catalogue, policy }: { readonly catalogue: Catalogue; readonly policy: Policy },
  principal: Principal,
  { after, limit, within = () => true }: AllowedPage,
): Promise<Page<OperationRow>> {
  const items: OperationRow[] = [];
  let from = after;
  do {
    const rows = await catalogue.page(principal.tenantId, from, limit);
    const looked = rows.slice(0, limit);
    const allowed = await policy.filter(principal, looked.filter(within), (row) => ({
      resource: resourceOf(row, row.server),
    }));
    items.push(...allowed);
    from = rows.length > limit ? looked.at(-1)?.name : undefined;
  } while (items.length <= limit && from !== undefined);
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page,
    ...(items.length > limit && last !== undefined ? { nextCursor: encodeCursor(last.name) } : {}),
  };
}
