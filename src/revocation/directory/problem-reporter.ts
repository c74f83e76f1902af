import type { QueueProblem } from "../queue.js";

const maxKept = 100;
const maxRemembered = 10_000;

/** Passes problems on, each once, and keeps the first ones until somebody listens. */
export class ProblemReporter {
  readonly #reported = new Set<string>();
  readonly #kept: QueueProblem[] = [];
  #listener: ((problem: QueueProblem) => void) | undefined;

  listen(listener: (problem: QueueProblem) => void): void {
    this.#listener = listener;
    for (const problem of this.#kept.splice(0)) this.#tell(problem);
  }

  report(problem: QueueProblem): void {
    const key = `${problem.code} ${problem.job}`;
    if (this.#reported.has(key)) return;
    if (this.#reported.size >= maxRemembered) this.#reported.clear();
    this.#reported.add(key);
    this.#tell(problem);
  }

  /** Has the same problem told again when it comes back. */
  forget(problem: QueueProblem): void {
    this.#reported.delete(`${problem.code} ${problem.job}`);
  }

  #tell(problem: QueueProblem): void {
    if (this.#listener === undefined) {
      if (this.#kept.length < maxKept) this.#kept.push(problem);
      return;
    }
    try {
      this.#listener(problem);
    } catch {
      // A listener that throws must not stop the queue, and there is nobody else to tell.
    }
  }
}
