import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { round } from "../statistics.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What `npm install` brings. Skipped where the registry cannot be reached. */
export async function installing({ report }) {
  report("install");
  const directory = mkdtempSync(join(tmpdir(), "bench-install-"));
  const title = "Installed";
  try {
    const packed = npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", directory);
    const tarball = join(directory, JSON.parse(packed)[0].filename);
    const version = (name) => `${name}@${installedVersion(name)}`;
    const bare = ["express", "express-session"].map(version);
    const entrants = {
      "express + express-session": bare,
      "+ express-notion-oauth": [...bare, tarball],
      "+ express-notion-oauth + libsql": [...bare, tarball, version("libsql")],
      "+ @notionhq/client": [...bare, version("@notionhq/client")],
      "+ undici": [...bare, version("undici")],
      "+ passport + passport-oauth2": [...bare, version("passport"), version("passport-oauth2")],
    };
    const rows = Object.entries(entrants).map(([name, packages], index) => {
      const folder = mkdtempSync(join(directory, `${index}-`));
      writeFileSync(join(folder, "package.json"), "{}");
      npm(folder, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...packages);
      const { count, bytes } = measure(join(folder, "node_modules"));
      return { name, count, bytes };
    });
    const [{ count, bytes }] = rows;
    return [
      {
        title,
        rows: rows.map((row) => ({
          project: row.name,
          packages: row.count,
          more: row.count - count,
          MB: round(row.bytes / 1e6, 2),
          "more MB": round((row.bytes - bytes) / 1e6, 2),
        })),
      },
    ];
  } catch {
    return [{ title, notes: ["skipped: npm could not install (offline?)"] }];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function npm(cwd, ...args) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

function installedVersion(name) {
  return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
}

/** Packages and bytes below a `node_modules`. */
function measure(folder) {
  let count = 0;
  let bytes = 0;
  const pending = [folder];
  while (pending.length > 0) {
    const current = pending.pop();
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile()) bytes += lstatSync(path).size;
    }
    if (/node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/@]+$/.test(current) && existsSync(join(current, "package.json")))
      count += 1;
  }
  return { count, bytes };
}
