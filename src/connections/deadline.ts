/** A call that has to be over by a time. */
interface Pending {
  /** On the clock of `performance.now()`. */
  readonly due: number;
  readonly expire: () => void;
}

/** By time limit, in ms: there are two or three of them. */
const queues = new Map<number, DeadlineQueue>();

/**
 * Runs `expire` unless what is returned is called within `timeout` ms. Does not keep the process alive.
 * All calls with the same limit share one timer: a logout makes half a dozen, and a timer for each, made and cleared
 * within a millisecond, costs more than the store does.
 */
export function deadline(timeout: number, expire: () => void): () => void {
  let queue = queues.get(timeout);
  if (queue === undefined) {
    queue = new DeadlineQueue(timeout);
    queues.set(timeout, queue);
  }
  return queue.add(expire);
}

class DeadlineQueue {
  readonly #timeout: number;
  /** In the order they came, which is the order they are due. */
  readonly #pending = new Set<Pending>();
  #armed = false;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  add(expire: () => void): () => void {
    const pending: Pending = { due: performance.now() + this.#timeout, expire };
    this.#pending.add(pending);
    if (!this.#armed) this.#arm(this.#timeout);
    return () => void this.#pending.delete(pending);
  }

  #arm(wait: number): void {
    this.#armed = true;
    setTimeout(() => this.#look(), Math.max(1, wait)).unref();
  }

  #look(): void {
    this.#armed = false;
    const now = performance.now();
    for (const pending of this.#pending) {
      if (pending.due > now) return this.#arm(pending.due - now);
      this.#pending.delete(pending);
      pending.expire();
    }
  }
}
