interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
}

/** What was collected, and whether the platform has more. */
export interface Collected<Item> {
  readonly items: readonly Item[];
  readonly more: boolean;
}

const pageSize = 200;

/** Reads a list page by page, up to so many pages. */
export async function collectPages<Item>(
  read: (query: { cursor?: string; limit: number }) => Promise<Page<Item>>,
  maximumPages = 5,
): Promise<Collected<Item>> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maximumPages; page += 1) {
    const answer = await read({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...answer.items);
    cursor = answer.nextCursor;
    if (cursor === undefined) return { items, more: false };
  }
  return { items, more: true };
}
