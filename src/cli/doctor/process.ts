/** What the app's module prints goes to the standard error: the standard output is for the report. @returns takes it back */
export function divertOutput(): () => void {
  const { stdout, stderr } = process;
  const { write } = stdout;
  stdout.write = stderr.write.bind(stderr) as typeof write;
  return () => {
    stdout.write = write;
  };
}

/** Keeps the process alive while it waits for what may never come, and holds nothing open. @returns ends it */
export function stayAwake(): () => void {
  const timer = setInterval(() => {}, 60_000);
  return () => clearInterval(timer);
}

/** Ends the process once its exit code is set and all is written: the app's module may have opened what nobody closes. */
export function leave(): void {
  setImmediate(() => process.stdout.write("", () => process.stderr.write("", () => process.exit())));
}
