import { expect, it } from 'vitest';
import { collectPages } from './collect-pages.ts';

const pages = ['a', 'b', 'c'];
const read = (asked: (string | undefined)[]) => (query: { cursor?: string; limit: number }) => {
  asked.push(query.cursor);
  const index = query.cursor === undefined ? 0 : Number(query.cursor);
  const nextCursor = index + 1 < pages.length ? String(index + 1) : undefined;
  return Promise.resolve({ items: [pages[index]!], nextCursor });
};

it('collects every page in order', async () => {
  const asked: (string | undefined)[] = [];
  expect(await collectPages(read(asked))).toEqual({ items: pages, more: false });
  expect(asked).toEqual([undefined, '1', '2']);
});

it('says that there is more where it stopped early', async () => {
  expect(await collectPages(read([]), 2)).toEqual({ items: ['a', 'b'], more: true });
});
