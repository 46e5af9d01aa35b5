/** One call is about this many jobs or runs at most, under one time limit. */
export const ITEMS_A_PAGE = 1000;

/** Cuts a list into pages; an empty list has none. */
export function pagesOf<Item>(items: readonly Item[], size = ITEMS_A_PAGE): Item[][] {
  const pages: Item[][] = [];
  for (let at = 0; at < items.length; at += size) pages.push(items.slice(at, at + size));
  return pages;
}
