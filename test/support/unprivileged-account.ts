import { execFileSync } from "node:child_process";

/** Who runs a server that refuses to run as root. Undefined for whoever is not root. */
export function unprivilegedAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number => Number(execFileSync("id", [flag, name], { stdio: "pipe" }).toString());
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such account: try the next one.
    }
  }
  throw new Error("There is no account other than root to run a server as.");
}
