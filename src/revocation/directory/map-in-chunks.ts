/** Like `Promise.all` over `items.map(action)`, with at most `size` actions at a time. */
export async function mapInChunks<Item, Result>(
  items: readonly Item[],
  size: number,
  action: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += size) {
    results.push(...(await Promise.all(items.slice(start, start + size).map(action))));
  }
  return results;
}
