/** Where a slow part of an app waits until the test lets it go on. */
export interface Gate {
  /** Resolves once somebody waits here. */
  readonly reached: Promise<void>;
  /** Waits here until it is open. */
  wait(): Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let reach = (): void => {};
  let open = (): void => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    reached,
    wait() {
      reach();
      return opened;
    },
    open,
  };
}
