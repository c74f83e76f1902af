import { sayingOf } from "./saying-of.js";
import { withoutSecrets } from "./without-secrets.js";

/**
 * Does the work in a process that the app's module shares: what that prints, breaks or leaves open is kept from the report.
 * @param secrets what must not be told of it; undefined where there is no module
 */
export async function besideTheApp<T>(secrets: readonly string[] | undefined, work: () => Promise<T>): Promise<T> {
  const goToSleep = stayAwake();
  const restoreOutput = secrets === undefined ? undefined : divertOutput();
  if (secrets !== undefined) outlive(secrets);
  try {
    return await work();
  } finally {
    goToSleep();
    restoreOutput?.();
    if (secrets !== undefined) leave();
  }
}

/** Keeps the process alive while it waits for what may never come, and holds nothing open. */
function stayAwake(): () => void {
  const timer = setInterval(() => {}, 60_000);
  return () => clearInterval(timer);
}

/** The standard output is for the report: what the module prints goes to the standard error. */
function divertOutput(): () => void {
  const { stdout, stderr } = process;
  const { write } = stdout;
  stdout.write = stderr.write.bind(stderr) as typeof write;
  return () => {
    stdout.write = write;
  };
}

/** Goes on when the module fails by itself, as the client of a database does that is away: the checks tell what comes of it. */
function outlive(secrets: readonly string[]): void {
  process.on("uncaughtException", (error: unknown) => {
    process.stderr.write(`${withoutSecrets(`The module failed meanwhile: ${sayingOf(error)}.`, secrets)}\n`);
  });
}

/** Ends the process once its exit code is set and all is written: the module may have opened what nobody closes. */
function leave(): void {
  setImmediate(() => process.stdout.write("", () => process.stderr.write("", () => process.exit())));
}
