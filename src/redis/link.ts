import type { Location } from "./check-client.js";
import { checkServer } from "./check-server.js";
import type { Connect, Connection, OwnConnection } from "./connection.js";
import type { VaultFinding } from "../vault/vault.js";
import { DEADLINE, inTime } from "./deadline.js";
import { inspectServers } from "./inspect-servers.js";
import { isUnknownScript, plainError } from "./problems.js";
import type { Script } from "./scripts.js";

/** What the names of all keys begin with; in braces, which keeps them on one server of a cluster. */
const ROOT = "{notion-oauth}";

/** The connection of one vault: made by the first call, closed when all who hold it have let go. A client of the app is never closed. */
export class Link {
  readonly #location: Location;
  readonly #root: string;
  /** Loaded while the app starts, so that what is missing is known by the first call. */
  readonly #driver: Promise<Connect> | undefined;
  readonly #calls = new Set<Promise<unknown>>();
  #holders = 0;
  #own: OwnConnection | undefined;

  constructor(location: Location, keyPrefix: string, loadDriver: () => Promise<Connect>) {
    this.#location = location;
    this.#root = keyPrefix + ROOT;
    if ("url" in location) this.#driver = loadDriver();
    this.#driver?.catch(() => {});
  }

  hold(): void {
    this.#holders += 1;
  }

  /** Runs a script, and gives up after a while. */
  async run(script: Script, args: readonly string[]): Promise<unknown> {
    const call = this.#run(script, args);
    this.#calls.add(call);
    try {
      return await call;
    } catch (error) {
      throw plainError(error, this.#own?.problem);
    } finally {
      this.#calls.delete(call);
    }
  }

  /** Looks at the servers. Gives up as a call does. */
  async inspect(): Promise<readonly VaultFinding[]> {
    const connection = await this.#connection();
    try {
      return await inTime(DEADLINE, inspectServers(connection));
    } catch (error) {
      throw plainError(error, this.#own?.problem);
    }
  }

  /** Waits until what was asked for is answered, or given up. */
  async letGo(): Promise<void> {
    this.#holders -= 1;
    await Promise.allSettled(this.#calls);
    if (this.#holders > 0) return;
    this.#own?.close();
    this.#own = undefined;
  }

  /** What a package takes to be loaded, once, is not counted. */
  async #run(script: Script, args: readonly string[]): Promise<unknown> {
    const connection = await this.#connection();
    return inTime(DEADLINE, ask(connection, script, this.#root, args));
  }

  async #connection(): Promise<Connection> {
    if ("connection" in this.#location) return this.#location.connection;
    const { url } = this.#location;
    const connect = await this.#driver!;
    this.#own ??= connect(url);
    return this.#own;
  }
}

async function ask(
  connection: Connection,
  { text, sha }: Script,
  root: string,
  args: readonly string[],
): Promise<unknown> {
  await checkServer(connection);
  try {
    return await connection.evalSha(sha, root, args);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return await connection.eval(text, root, args);
  }
}
