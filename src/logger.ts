import type { Debugger } from "debug";
import type { Logger } from "./events.js";

type Writers = Readonly<Record<keyof Logger, Debugger>>;

/**
 * The default logger: the `debug` namespaces `notion-oauth:debug`, `:info`, `:warn` and `:error`. Errors need an operator, so they are
 * written to the console even when nobody asked for them.
 */
export function debugLogger(): Logger {
  let writers: Writers | undefined;
  let loading: Promise<void> | undefined;
  // Loaded with the first line: to import it at the start takes an app almost as long as all of our own code. Lines wait for it in their order.
  const load = async () => {
    writers = await loadWriters();
  };
  const to =
    (level: keyof Logger): Logger["debug"] =>
    (message, fields) => {
      const line = () =>
        fields === undefined ? writers?.[level]("%s", message) : writers?.[level]("%s %o", message, fields);
      if (writers !== undefined) return line();
      loading ??= load();
      void loading.then(line, nothing);
    };
  const write: Logger = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
  return {
    ...write,
    error(message, fields) {
      // A process that is about to end waits for nothing.
      if (writers?.error.enabled) write.error(message, fields);
      else console.error(`notion-oauth: ${message}`, ...(fields === undefined ? [] : [fields]));
    },
  };
}

async function loadWriters(): Promise<Writers> {
  const { default: createDebug } = await import("debug");
  const writer = (level: keyof Logger) => createDebug(`notion-oauth:${level}`);
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
}

// Without `debug`, in a bundle that left it out, the lines that only it would have shown are shown to nobody.
function nothing(): void {}
