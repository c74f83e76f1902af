import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { RevocationJob } from "../job.js";
import type { QueueProblem } from "../queue.js";
import { foundFile, unlessMissing } from "./file-errors.js";
import { Folder } from "./folder.js";
import { nonce } from "./job-name.js";
import type { ProblemReporter } from "./problem-reporter.js";
import { readJobFile, UnreadableJobError } from "./read-job-file.js";

/** The folder for what was found among the jobs and is not a job of this version. Nothing is ever deleted from it. */
export class SetAside {
  readonly folder: Folder;
  readonly #problems: ProblemReporter;

  constructor(root: Folder, problems: ProblemReporter) {
    this.folder = new Folder(join(root.path, "set-aside"), root);
    this.#problems = problems;
  }

  /** The job in the file; undefined when there is no such file (any more), or when it cannot be read and was set aside. */
  async readJob(path: string, name: string, id: string): Promise<RevocationJob | undefined> {
    try {
      return await unlessMissing(readJobFile(path, id));
    } catch (error) {
      if (!(error instanceof UnreadableJobError)) throw error;
      await this.#put(path, name, { code: "unreadable_job", job: id, cause: error });
      return undefined;
    }
  }

  /** Sets a file, folder or link aside that is not one of ours. */
  putForeign(path: string, name: string): Promise<void> {
    return this.#put(path, name, { code: "foreign_file", job: name });
  }

  async #put(path: string, name: string, problem: QueueProblem): Promise<void> {
    // Room for the nonce within the 255 bytes of a name.
    const shortName = Buffer.from(name).subarray(0, 200).toString();
    try {
      await this.folder.make();
      const found = await foundFile(rename(path, join(this.folder.path, `${shortName}.${nonce(8)}`)));
      if (!found) return;
      this.#problems.forget(problem);
    } catch {
      // It stays where it is, is never handed out, and is reported once.
    }
    this.#problems.report(problem);
  }
}
