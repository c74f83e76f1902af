/**
 * Runs `fn` while no other holder of `key` runs theirs, on this process or, with a shared implementation, on any.
 *
 * - Rejects with what `fn` rejects with; rejects with a `StoreError` (`lock_unavailable`) when the lock cannot be had.
 * - A holder that dies delays the others by at most `ttlMs`.
 * - Nobody ever frees a lock of somebody else.
 *
 * `lockContract` in `express-notion-oauth/testing` is the test battery every implementation has to pass.
 */
export type Lock = <T>(key: string, ttlMs: number, fn: () => Promise<T>) => Promise<T>;
