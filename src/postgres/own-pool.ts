import type { PoolClass } from "./driver.js";
import { PATIENCE } from "./patience.js";
import type { Connection, Connections, Pool } from "./pool.js";

/** Connections of a pool of our own, which is made when the first one is asked for. */
export class OwnPool implements Connections {
  readonly #url: string;
  /** Loaded while the app starts, so that what is missing is known by the first call. */
  readonly #driver: Promise<PoolClass>;
  #pool: Pool | undefined;
  #asksForTimeout = true;

  constructor(url: string, loadPool: () => Promise<PoolClass>) {
    this.#url = url;
    this.#driver = loadPool();
    this.#driver.catch(() => {});
  }

  async connect(): Promise<Connection> {
    const PoolOf = await this.#driver;
    const pool = this.#opened(PoolOf);
    try {
      return await pool.connect();
    } catch (error) {
      if (!isRefusedParameter(error)) throw error;
      this.#doWithoutTimeout(pool, error);
      return this.#opened(PoolOf).connect();
    }
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
  }

  /** A pooler such as PgBouncer refuses parameters that it does not know. */
  #doWithoutTimeout(refused: Pool, error: unknown): void {
    // Another call was faster.
    if (this.#pool !== refused) return;
    if (!this.#asksForTimeout) throw error;
    this.#asksForTimeout = false;
    this.#pool = undefined;
    void refused.end();
  }

  #opened(PoolOf: PoolClass): Pool {
    this.#pool ??= this.#make(PoolOf);
    return this.#pool;
  }

  #make(PoolOf: PoolClass): Pool {
    const pool = new PoolOf({
      connectionString: this.#url,
      application_name: "express-notion-oauth",
      connectionTimeoutMillis: PATIENCE,
      keepAlive: true,
      // A process that has nothing else to do ends.
      allowExitOnIdle: true,
      // What nobody waits for any more ends on the server, too.
      ...(this.#asksForTimeout && { statement_timeout: PATIENCE }),
    });
    // An idle connection has broken. The pool has thrown it away; the next call opens another one.
    pool.on("error", () => {});
    return pool;
  }
}

function isRefusedParameter(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return code === "08P01" && String(message).includes("unsupported startup parameter");
}
