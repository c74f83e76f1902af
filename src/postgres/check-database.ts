import { parseUrl } from "../support/parse-url.js";
import { OptionError } from "../vault/vault.js";
import type { Pool } from "./pool.js";

/** What `postgresVault` was given: the URL of a database, or a pool that the app has opened. */
export type Location = { readonly url: string } | { readonly pool: Pool };

/** Throws an OptionError that says what would be right. It never repeats a URL: there may be a password in it. */
export function checkDatabase(given: unknown): Location {
  if (typeof given === "string") return { url: checkUrl(given) };
  return { pool: checkPool(given) };
}

function checkUrl(given: string): string {
  const url = given.trim();
  if (url === "") throw wrong("must be a URL such as `postgres://user@host/database`, and is empty");
  if (!/^postgres(?:ql)?:\/\//i.test(url))
    throw wrong("must be a URL that begins with `postgres://` or `postgresql://`");
  // A URL with a user needs no host when a socket is named in its query; only `pg` reads it.
  if ((parseUrl(url) ?? parseUrl(url.replace("@/", "@localhost/"))) === undefined)
    throw wrong(
      "must be a valid URL: in a password, characters such as `#`, `/` and `@` are written as `%23`, `%2F`, `%40`",
    );
  return url;
}

/** What a `Pool` of `pg` is made with. */
const settings = ["connectionString", "host", "database", "user"];

function checkPool(given: unknown): Pool {
  if (given instanceof URL) throw wrong("must be a URL as a string: pass `url.href`");
  if (typeof given === "function")
    throw wrong("must be a `Pool` of `pg` or a URL, not a function: pass `new Pool({ ... })`");
  if (typeof given !== "object" || given === null) throw wrong("must be a `Pool` of `pg`, or a URL");
  const { connect, query, end, release, totalCount, ending, ended } = given as Record<string, unknown>;
  if (connect === undefined && query === undefined && settings.some((name) => name in given))
    throw wrong(
      "must be an open `Pool` of `pg`, or a URL, and not settings: pass the URL itself, or `new Pool({ ... })`",
    );
  if (![connect, query, end].every((method) => typeof method === "function"))
    throw wrong("must be an open `Pool` of `pg`, or a URL");
  if (typeof release === "function") throw wrong("must be the pool itself, and not a connection that it gave out");
  // What is written on one connection fails for good when that breaks, and waits for each other until then.
  if (typeof totalCount !== "number") throw wrong("must be a `Pool` of `pg`, and not a single connection (`Client`)");
  if (ending === true || ended === true) throw wrong("is a pool that was ended already: pass one that is open");
  return given as Pool;
}

function wrong(what: string): OptionError {
  return new OptionError("database", `The database of \`postgresVault\` ${what}.`);
}
