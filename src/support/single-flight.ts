/** Lets everybody who asks for the same thing at the same time share one piece of work. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** Joins the work under this key, or starts it. */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const promise = work();
    const forget = () => {
      if (this.#running.get(key) === promise) this.#running.delete(key);
    };
    this.#running.set(key, promise);
    promise.then(forget, forget);
    return promise;
  }

  /** The work under this key, if there is any. */
  get(key: string): Promise<T> | undefined {
    return this.#running.get(key);
  }
}
