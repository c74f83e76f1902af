import createDebug from "debug";
import type { Logger } from "./events.js";

/** The default logger: the `debug` namespaces `notion-oauth:debug`, `:info`, `:warn` and `:error`. */
export function debugLogger(): Logger {
  const write = (level: string) => {
    const log = createDebug(`notion-oauth:${level}`);
    return (message: string, fields?: Readonly<Record<string, unknown>>) => log("%s %o", message, fields ?? {});
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
