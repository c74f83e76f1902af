/** What the work throws; undefined when it throws nothing. */
export function catchError(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
