/**
 * The first `limit` items in the order of their ids, after one of them: in one pass, without sorting all of them, since a page of
 * a hundred may be asked for among a hundred thousand.
 */
export function firstById<Item extends { readonly id: string }>(
  items: Iterable<Item>,
  { after = "", limit }: { readonly after?: string | undefined; readonly limit: number },
): Item[] {
  if (limit <= 0) return [];
  let first: Item[] = [];
  // No item beyond this id can be among the first any more.
  let end: string | undefined;
  for (const item of items) {
    if (item.id <= after || (end !== undefined && item.id >= end)) continue;
    first.push(item);
    if (first.length >= 2 * limit + 64) {
      first = sorted(first).slice(0, limit);
      end = first.at(-1)!.id;
    }
  }
  return sorted(first).slice(0, limit);
}

function sorted<Item extends { readonly id: string }>(items: Item[]): Item[] {
  return items.sort((a, b) => (a.id < b.id ? -1 : 1));
}
