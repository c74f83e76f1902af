import type { Location } from "./check-database.js";
import { onConnection } from "./connection.js";
import type { PoolClass } from "./driver.js";
import { OwnPool } from "./own-pool.js";
import { inTime, PATIENCE } from "./patience.js";
import type { Connections, Query, Result } from "./pool.js";
import { isConflict } from "./problems.js";
import { prepareSchema } from "./schema.js";

/** The database of one vault: looked at by the first call, let go of when all who hold it have let go. */
export class Link {
  readonly #connections: Connections;
  readonly #migrate: boolean;
  #holders = 0;
  #preparing: Promise<void> | undefined;

  constructor(location: Location, migrate: boolean, loadPool: () => Promise<PoolClass>) {
    this.#connections =
      "url" in location
        ? new OwnPool(location.url, loadPool)
        : { connect: () => location.pool.connect(), close: async () => {} };
    this.#migrate = migrate;
  }

  hold(): void {
    this.#holders += 1;
  }

  async letGo(): Promise<void> {
    // It may go on when nobody waits for it any more.
    await this.#preparing?.catch(() => {});
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#preparing = undefined;
    await this.#connections.close();
  }

  /** Runs one statement, which takes {@link PATIENCE} at the most, and waits for its answer. */
  async ask(query: Query): Promise<Result> {
    const until = performance.now() + PATIENCE;
    await inTime(until, this.#prepared());
    return onConnection(this.#connections, until, async (send) => {
      for (;;) {
        try {
          return await send(query);
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
      }
    });
  }

  /** Looks at the tables; again when that failed the last time. */
  #prepared(): Promise<void> {
    if (this.#preparing === undefined) {
      const preparing = prepareSchema(this.#connections, this.#migrate);
      this.#preparing = preparing;
      preparing.catch(() => {
        if (this.#preparing === preparing) this.#preparing = undefined;
      });
    }
    return this.#preparing;
  }
}
