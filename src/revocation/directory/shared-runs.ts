/**
 * Shares runs of `work` among callers. A run that is already under way may have begun too early for a new caller, so
 * all who come during it share the next one. Makes one fsync or one look at a folder serve many.
 */
export function sharedRuns(work: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function run(): Promise<void> {
    const started = work().finally(() => {
      if (current === started) current = undefined;
    });
    current = started;
    return started;
  }

  return () => {
    if (current === undefined) return run();
    next ??= current
      .catch(() => {
        // Told to those who asked for that run.
      })
      .then(() => {
        next = undefined;
        return run();
      });
    return next;
  };
}
