import { columnsOf } from "../terminal.js";

/** Tells on the standard error how far something is: in one line that changes on a terminal, in lines of a log elsewhere. */
export interface Progress {
  end(): void;
}

/**
 * @param line is given how many characters there is room for
 * @param every in ms; 0: never; undefined: a second on a terminal, ten elsewhere
 */
export function showProgress(line: (room: number) => string, every: number | undefined): Progress {
  const { stderr } = process;
  const interval = every ?? (stderr.isTTY ? 1000 : 10_000);
  let written = false;
  const write = () => {
    written = true;
    // Asked for each time: phones are turned around. In the last column, some terminals go on to the next line.
    const columns = columnsOf(stderr);
    stderr.write(columns === undefined ? `${line(Number.POSITIVE_INFINITY)}\n` : `\r${line(columns - 1)}\x1b[K`);
  };
  const timer = interval > 0 ? setInterval(write, interval) : undefined;
  return {
    end() {
      clearInterval(timer);
      if (written && stderr.isTTY) stderr.write("\r\x1b[K");
    },
  };
}
