import { createNotionOAuth } from "../../notion-oauth.js";
import { isReadable } from "../../vault/entry.js";
import { UsageError } from "../command.js";
import { say } from "../terminal.js";
import type { OpenPlace } from "./open-place.js";
import { writeJson } from "./output.js";
import { showProgress } from "./progress.js";
import { readEntries } from "./read-revocations.js";
import type { Display } from "./show-revocations.js";
import { count, printable } from "./text.js";

/** What became of each id. */
interface Retried {
  readonly retried: string[];
  /** What neither waits nor failed. */
  readonly missing: string[];
  /** What is damaged, or was written by a newer version. */
  readonly unreadable: string[];
}

/** `vault retry`: has revocations tried again. The app's processes, or `vault drain`, do the rest. */
export async function retryRevocations(
  open: OpenPlace,
  which: readonly string[] | "all",
  { json, progress }: Pick<Display, "json" | "progress">,
): Promise<number> {
  const { where, clientId } = open;
  const { retried, missing, unreadable } = await retryEach(open, which, progress);
  if (json) writeJson({ vault: where, client: clientId, retried, missing: [...missing, ...unreadable] });
  else {
    for (const id of unreadable)
      say(`The entry ${id} is damaged, or a newer version wrote it: it is left as it is.`, process.stderr);
    for (const id of missing)
      say(`No revocation ${id} of client ${clientId} waits or failed in ${where}.`, process.stderr);
    say(`${count(retried.length, "revocation")} put back, due now.`);
  }
  // With --all somebody else may have been faster.
  return unreadable.length > 0 || (missing.length > 0 && which !== "all") ? 1 : 0;
}

async function retryEach(
  { vault, source, clientId }: OpenPlace,
  which: readonly string[] | "all",
  every: number | undefined,
): Promise<Retried> {
  const result: Retried = { retried: [], missing: [], unreadable: [] };
  let of = "";
  const progress = showProgress(
    () => (of === "" ? "Reading what failed." : `${result.retried.length.toLocaleString("en")}${of} put back`),
    every,
  );
  // No token is opened and Notion is not asked: so the secret is not needed.
  const notion = createNotionOAuth({ clientId, clientSecret: "not needed", vault: source, logger: {} });
  try {
    const ids = which === "all" ? await allFailed(vault) : checked(which);
    of = ` of ${ids.length.toLocaleString("en")}`;
    for (const id of ids) {
      const entry = await vault.get(id);
      if (entry !== undefined && !isReadable(entry)) result.unreadable.push(id);
      else if (await notion.revocations.retry(id)) result.retried.push(id);
      else result.missing.push(id);
    }
  } finally {
    await notion.close();
    progress.end();
  }
  return result;
}

/** @throws UsageError */
function checked(given: readonly string[]): string[] {
  const wrong = given.find((id) => !/^[\w-]{1,64}$/.test(id));
  if (wrong !== undefined) throw new UsageError(`${JSON.stringify(printable(wrong, 80))} is not the id of an entry.`);
  return [...new Set(given)];
}

async function allFailed(vault: OpenPlace["vault"]): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of readEntries(vault, "failed")) ids.push(id);
  return ids;
}
