import { say } from "../terminal.js";
import { sayingOf } from "./saying-of.js";
import { withoutSecrets } from "./without-secrets.js";

/** The app's module. */
interface Module {
  readonly path: string;
  /** What must not be told of it. */
  readonly secrets: readonly string[];
}

/** Does the work in a process that the app's module shares: what that prints, breaks, ends or leaves open is kept from the report. */
export async function besideTheApp<T>(module: Module | undefined, work: () => Promise<T>): Promise<T> {
  const goToSleep = stayAwake();
  const restoreOutput = module === undefined ? undefined : divertOutput();
  const trustExit = module === undefined ? undefined : distrustExit(module);
  if (module !== undefined) outlive(module);
  try {
    return await work();
  } finally {
    goToSleep();
    restoreOutput?.();
    trustExit?.();
    if (module !== undefined) leave();
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

/** The exit code of a module that ends the process would be taken for that of a report. */
function distrustExit({ path, secrets }: Module): () => void {
  const tell = () => {
    process.exitCode = 2;
    const sentence = `${path} ended the process before anything could be told: export the settings from a module that does not.`;
    say(withoutSecrets(`express-notion-oauth doctor: ${sentence}`, secrets), process.stderr);
  };
  process.once("exit", tell);
  return () => void process.off("exit", tell);
}

/** Goes on when the module fails by itself, as the client of a database does that is away: the checks tell what comes of it. */
function outlive({ secrets }: Module): void {
  process.on("uncaughtException", (error: unknown) => {
    process.stderr.write(`${withoutSecrets(`The module failed meanwhile: ${sayingOf(error)}.`, secrets)}\n`);
  });
}

/** Ends the process once its exit code is set and all is written: the module may have opened what nobody closes. */
function leave(): void {
  setImmediate(() => process.stdout.write("", () => process.stderr.write("", () => process.exit())));
}
