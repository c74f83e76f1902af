/** What Passport lets a strategy do with a request. */
export interface Actions {
  success(user: unknown, info: object): void;
  fail(challenge: unknown, status?: number): void;
  redirect(url: string): void;
  error(error: unknown): void;
}

/**
 * Takes the actions of this request. At once: where Passport is given a strategy itself instead of a name, it sets them on the one object
 * that all requests share, and the next request would bring a login to its end in place of this one.
 */
export function actionsOf(strategy: object): Actions {
  const { success, fail, redirect, error } = strategy as Actions;
  return { success, fail, redirect, error };
}
