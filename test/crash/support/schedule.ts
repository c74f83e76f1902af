import { AsyncLocalStorage } from "node:async_hooks";
import type { RequestHandler } from "express";

/** Long enough for a step to come to its end, in ms. Whoever is not at a gate by then waits for somebody else. */
const SETTLED = 8;

/**
 * Lets requests go on one step at a time, in an order of the test's choice. Requests name themselves by the header
 * `x-actor`; what nobody asked for by name (the worker) is never held up.
 */
export class Schedule {
  readonly #actors = new AsyncLocalStorage<string>();
  readonly #waiting: { readonly actor: string; readonly go: () => void }[] = [];
  readonly #unfinished = new Set<string>();

  readonly enter: RequestHandler = (req, _res, next) => {
    const actor = req.headers["x-actor"];
    if (typeof actor === "string") this.#actors.run(actor, next);
    else next();
  };

  readonly pause = (when: "before" | "after"): Promise<void> => {
    const actor = this.#actors.getStore();
    if (when === "after" || actor === undefined || !this.#unfinished.has(actor)) return Promise.resolve();
    return new Promise((go) => this.#waiting.push({ actor, go }));
  };

  /**
   * Runs the requests together. `choose` says who goes on; when that one is not at a gate, another is.
   * @returns how many steps each took
   */
  async run(
    actors: Readonly<Record<string, () => Promise<unknown>>>,
    choose: (step: number, taken: Readonly<Record<string, number>>) => string,
  ): Promise<Record<string, number>> {
    const taken: Record<string, number> = {};
    for (const actor of Object.keys(actors)) {
      this.#unfinished.add(actor);
      taken[actor] = 0;
    }
    const all = Object.entries(actors).map(([actor, request]) =>
      request().finally(() => {
        this.#unfinished.delete(actor);
        // What a request leaves to be done after its answer goes on freely.
        for (const one of this.#waiting.splice(0)) {
          if (one.actor === actor) one.go();
          else this.#waiting.push(one);
        }
      }),
    );
    for (let step = 0; this.#unfinished.size > 0; step += 1) {
      await this.#settled();
      if (this.#waiting.length === 0) continue;
      const wanted = choose(step, taken);
      const index = Math.max(
        0,
        this.#waiting.findIndex(({ actor }) => actor === wanted),
      );
      const [next] = this.#waiting.splice(index, 1);
      if (next === undefined) continue;
      taken[next.actor] = (taken[next.actor] ?? 0) + 1;
      next.go();
    }
    await Promise.all(all);
    return taken;
  }

  /** Resolves when everybody is at a gate or has ended, or nothing has happened for a while. */
  async #settled(): Promise<void> {
    let since = performance.now();
    let before = -1;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const gates = new Set(this.#waiting.map(({ actor }) => actor));
      if (gates.size >= this.#unfinished.size) return;
      if (this.#waiting.length !== before) {
        before = this.#waiting.length;
        since = performance.now();
      }
      if (performance.now() - since > SETTLED) return;
    }
  }
}
