import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(root + path, "utf8");
const [, measured = ""] = read("docs/comparison.md").split(/<!-- npm run compare: (?:begin|end) -->/);

/** The rows of the table below a heading: the cells of each. */
function table(heading: string): string[][] {
  const [, section = ""] = measured.split(`### ${heading}\n`);
  return (section.split("\n### ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
}

const column = (heading: string, title: string) => {
  const [titles = [], , ...rows] = table(heading);
  return rows.map((cells) => cells[titles.indexOf(title)]);
};

async function compare(...args: string[]): Promise<Record<string, Record<string, string>>> {
  const script = "test/benchmark/comparison/run.mjs";
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--json", ...args], { cwd: root });
  return JSON.parse(stdout);
}

test("the page says of this package what a run shows", async () => {
  const { ours } = await compare("--only", "ours");
  expect(Object.keys(ours ?? {}).length).toBeGreaterThan(15);
  for (const heading of ["As their documentation sets them up", "With a revoke call by hand in the logout"])
    expect(column(heading, "this package")).toEqual(Object.values(ours ?? {}));
});

test("the page says of its settings what a run shows", async () => {
  const { oursInMemory, oursLast } = await compare("--only", "oursInMemory,oursLast", "--rows", "killed,shared");
  const [, , ...rows] = table("This package with other settings");
  expect(rows.map(([setting, , , cell]) => [setting, cell])).toEqual(
    expect.arrayContaining([
      ["`memoryVault()`", oursInMemory?.killed],
      ['`revokeOnLogout: "last"`', oursLast?.shared],
    ]),
  );
});

test("the page names the versions that are installed", () => {
  const [, , ...rows] = table("Versions");
  expect(rows.length).toBeGreaterThan(5);
  const pinned = read("test/benchmark/comparison/peers.mjs");
  for (const [name = "", version = ""] of rows)
    expect(pinned.includes(`"${name}": "${version}"`) || installed(name) === version, name).toBe(true);
});

function installed(name: string): string | undefined {
  try {
    return JSON.parse(read(`node_modules/${name}/package.json`)).version;
  } catch {
    return undefined;
  }
}
