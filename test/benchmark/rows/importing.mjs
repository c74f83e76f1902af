import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, medianRatio, round } from "../statistics.mjs";

const probe = fileURLToPath(new URL("../processes/import-probe.mjs", import.meta.url));
const bare = ["express", "express-session"];
const entrants = {
  bare,
  ours: [...bare, "express-notion-oauth"],
  sqlite: [...bare, "express-notion-oauth", "express-notion-oauth/sqlite"],
  sdk: [...bare, "@notionhq/client"],
  passport: [...bare, "passport", "passport-oauth2"],
};

/** What `import` costs in a fresh process. */
export async function importing({ quick, report }) {
  const runs = quick ? 11 : 31;
  report("import");
  const results = [];
  for (let run = 0; run <= runs; run += 1) {
    const result = {};
    for (const [name, packages] of Object.entries(entrants))
      result[name] = JSON.parse(execFileSync(process.execPath, [probe, ...packages], { encoding: "utf8" }));
    // The first one fills the disk cache.
    if (run > 0) results.push(result);
  }
  const typical = (name, figure, digits) => round(median(results.map((result) => result[name][figure])), digits);
  return [
    {
      title: `Import in a fresh process (${runs} runs)`,
      rows: Object.entries(entrants).map(([name, packages]) => ({
        imported: packages.join(" + "),
        ms: typical(name, "ms", 1),
        "ms ×bare": round(medianRatio(results, name, "bare", "ms"), 2),
        "CPU ms": typical(name, "cpu", 1),
        "CPU ×bare": round(medianRatio(results, name, "bare", "cpu"), 2),
        "RSS MB": typical(name, "rss", 1),
      })),
    },
  ];
}
