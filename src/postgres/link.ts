import type { VaultFinding } from "../vault/vault.js";
import type { Location } from "./check-database.js";
import { onConnection } from "./connection.js";
import type { PoolClass } from "./driver.js";
import { inspectDatabase } from "./inspect-database.js";
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
  /** What is known of the tables: nothing, soon more, or that they are right. */
  #tables: undefined | Promise<void> | "ready";

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
    if (this.#tables !== "ready") await this.#tables?.catch(() => {});
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#tables = undefined;
    await this.#connections.close();
  }

  /** Runs one statement, which takes {@link PATIENCE} at the most, and waits for its answer. */
  async ask(query: Query): Promise<Result> {
    const until = performance.now() + PATIENCE;
    if (this.#tables !== "ready") await inTime(until, this.#prepared());
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

  inspect(): Promise<readonly VaultFinding[]> {
    return inspectDatabase(this.#connections, this.#migrate);
  }

  /** Looks at the tables; the next call does it again when that failed. */
  #prepared(): Promise<void> {
    if (this.#tables instanceof Promise) return this.#tables;
    const looking = prepareSchema(this.#connections, this.#migrate);
    const found = (tables: "ready" | undefined) => () => {
      if (this.#tables === looking) this.#tables = tables;
    };
    looking.then(found("ready"), found(undefined));
    this.#tables = looking;
    return looking;
  }
}
