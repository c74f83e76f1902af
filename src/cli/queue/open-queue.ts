import { statSync } from "node:fs";
import { OptionError, StoreError } from "../../errors.js";
import { directoryQueue } from "../../revocation/directory-queue.js";
import type { RevocationQueue } from "../../revocation/queue.js";
import { UsageError } from "../command.js";
import { printable } from "./text.js";

export interface QueueLocation {
  readonly kind: "directory" | "redis" | "postgres";
  /** A path or URL. */
  readonly at: string;
  readonly options: { readonly name?: string; readonly prefix?: string; readonly schema?: string };
}

export interface OpenQueue {
  readonly queue: RevocationQueue;
  /** Where it is, for people: without a password. */
  readonly where: string;
  /** An error of the queue as one that says what is wrong; others as they are. */
  explain(error: unknown): unknown;
}

const PROBLEMS = {
  unreadable_job: "Set aside, no job that this version can read",
  foreign_file: "Not part of the queue",
} as const;

/**
 * Opens a durable queue and waits until it answers.
 * @param timeout how long one operation may take, in ms
 * @throws UsageError
 * @throws Error with what the backend says, and without the password
 */
export async function openQueue(location: QueueLocation, timeout: number): Promise<OpenQueue> {
  const { where, password } = location.kind === "directory" ? checkDirectory(location.at) : checkUrl(location);
  const queue = await create(location, timeout);

  const explain = (error: unknown): unknown => {
    if (!(error instanceof StoreError) || error.code !== "queue_unavailable") return error;
    return new Error(`The queue in ${where} does not work: ${said(error.cause)}`);
  };
  const said = (cause: unknown): string => {
    const message = cause instanceof Error ? printable(cause.message, 300) : "";
    return password === "" ? message : message.replaceAll(password, "***");
  };

  // A driver tries again and again. A person wants to know at once.
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  queue.onProblem?.(({ code, job = "", cause }) => {
    if (code === "backend_error") fail(new StoreError("queue_unavailable", { cause }));
    else process.stderr.write(`${PROBLEMS[code]}: ${printable(job, 100)}\n`);
  });
  try {
    await Promise.race([queue.nextDueAt?.(), failed]);
  } catch (error) {
    await queue.close();
    throw explain(error);
  }
  return { queue, where, explain };
}

async function create({ kind, at, options }: QueueLocation, timeout: number): Promise<RevocationQueue> {
  if (kind === "directory") return directoryQueue(at);
  const { bullmqQueue } = await loadBullmq(kind);
  try {
    return bullmqQueue({ connection: at, backend: kind, timeout: Math.min(timeout, 2 ** 30), ...options });
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(error.message);
    throw error;
  }
}

async function loadBullmq(kind: string): Promise<typeof import("../../bullmq/index.js")> {
  try {
    return await import("../../bullmq/index.js");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new Error(`--${kind} needs the package bullmq, which is not installed here: npm install bullmq`);
  }
}

function checkDirectory(path: string): { where: string; password: string } {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) {
    throw new UsageError(`There is no directory ${JSON.stringify(path)}. The app makes it with its first revocation.`);
  }
  // Files that root writes could not be read by the app any more.
  if (process.getuid?.() === 0 && stats.uid !== 0) {
    throw new UsageError(`The directory belongs to user ${stats.uid}: run this as that user, not as root.`);
  }
  return { where: printable(path, 200), password: "" };
}

function checkUrl({ kind, at }: QueueLocation): { where: string; password: string } {
  const scheme = kind === "redis" ? /^rediss?:\/\//i : /^postgres(ql)?:\/\//i;
  if (!scheme.test(at) || !URL.canParse(at))
    throw new UsageError(`--${kind} must be a URL that begins with ${kind}://.`);
  const { protocol, host, pathname, password } = new URL(at);
  return { where: printable(`${protocol}//${host}${pathname}`, 200), password: decode(password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
