import type { Logger } from "../events.js";
import { optional, wrong } from "./checks.js";

/** The app's logger, made whole: methods that it lacks do nothing, and one that fails does not take a logout with it. */
export function checkLogger(given: Partial<Logger> | undefined): Logger | undefined {
  const logger = optional("logger", given, "object");
  if (logger === undefined) return undefined;
  const method = (level: keyof Logger): Logger["debug"] => {
    const write = logger[level];
    if (write === undefined) return () => {};
    if (typeof write !== "function") throw wrong("logger", `must have a function as \`${level}\``);
    return (message, fields) => {
      try {
        write.call(logger, message, fields);
      } catch {}
    };
  };
  return { debug: method("debug"), info: method("info"), warn: method("warn"), error: method("error") };
}
