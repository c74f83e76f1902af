import { createRequire } from "node:module";
import type createDebugType from "debug";
import type { Logger } from "./events.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The default logger: the `debug` namespaces `notion-oauth:debug`, `:info`, `:warn` and `:error`. Errors need an operator, so they are
 * written to the console even when nobody asked for them.
 */
export function debugLogger(): Logger {
  // Loaded only here, and as Express loads it: importing it once more as a module costs as much as our own code.
  const createDebug = createRequire(import.meta.url)("debug") as typeof createDebugType;
  const to = (level: string) => {
    const log = createDebug(`notion-oauth:${level}`);
    const write = (message: string, fields?: Fields) => log("%s %o", message, fields ?? {});
    return { log, write };
  };
  const error = to("error");
  return {
    debug: to("debug").write,
    info: to("info").write,
    warn: to("warn").write,
    error(message, fields) {
      if (error.log.enabled) error.write(message, fields);
      else console.error(`notion-oauth: ${message}`, fields ?? {});
    },
  };
}
