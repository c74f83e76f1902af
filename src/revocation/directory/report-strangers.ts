import { readdir } from "node:fs/promises";
import { unlessMissing } from "./file-errors.js";
import type { Folder } from "./folder.js";
import type { ProblemReporter } from "./problem-reporter.js";

const ours = new Set(["waiting", "failed", "set-aside"]);

/** Reports what lies beside the queue's own folders. It is left there: somebody may have chosen a directory that holds other things too. */
export async function reportStrangers(root: Folder, problems: ProblemReporter): Promise<void> {
  for (const name of (await unlessMissing(readdir(root.path))) ?? []) {
    if (!ours.has(name)) problems.report({ code: "foreign_file", job: name });
  }
}
