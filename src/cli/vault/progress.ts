/** Tells on the standard error how far something is: in one line that changes on a terminal, in lines of a log elsewhere. */
export interface Progress {
  end(): void;
}

/** @param every in ms; 0: never; undefined: a second on a terminal, ten elsewhere */
export function showProgress(line: () => string, every: number | undefined): Progress {
  const { stderr } = process;
  const interval = every ?? (stderr.isTTY ? 1000 : 10_000);
  let written = false;
  const write = () => {
    written = true;
    stderr.write(stderr.isTTY ? `\r${line().slice(0, (stderr.columns ?? 80) - 1)}\x1b[K` : `${line()}\n`);
  };
  const timer = interval > 0 ? setInterval(write, interval) : undefined;
  return {
    end() {
      clearInterval(timer);
      if (written && stderr.isTTY) stderr.write("\r\x1b[K");
    },
  };
}
