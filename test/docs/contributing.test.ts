import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manifest, root } from "../package/support/tarball.js";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("CONTRIBUTING.md");

test("names scripts, files and folders that there are", () => {
  const scripts = [...page.matchAll(/npm run ([\w:]+)/g)].map(([, script = ""]) => script);
  expect(scripts.length).toBeGreaterThan(8);
  expect(scripts.filter((script) => !Object.hasOwn(manifest.scripts, script))).toEqual([]);
  const paths = [...page.matchAll(/(?:test|src|docs|\.github|\.ci)\/[\w./-]+(?![\w./*-])/g)].map(([path]) =>
    path.replace(/\.$/, ""),
  );
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("tells of every folder of tests", () => {
  const folders = readdirSync(join(root, "test"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => `test/${name}`).filter((folder) => !page.includes(`\`${folder}\``))).toEqual([]);
});

test("its first change finds the lines and the tests that it speaks of", () => {
  const [, change = ""] = page.split("\n## A first change");
  const logOut = read("src/express/session/log-out.ts");
  for (const code of ["await destroySessions(req, sessions);", "if (onLogout !== undefined)", "bury", "endSession"]) {
    expect(change).toContain(code);
    expect(logOut).toContain(code);
  }
  expect(logOut.indexOf("if (onLogout !== undefined)")).toBeLessThan(logOut.indexOf("await destroySessions("));
  const runs = [...change.matchAll(/--project once (\S+) -t (?:"([^"]+)"|(\w+))/g)];
  expect(runs).toHaveLength(3);
  for (const [, file = "", words, word] of runs)
    expect(read(file)).toMatch(new RegExp(`(?:test\\(\\s*|^ *)".*${words ?? word}`, "m"));
  expect(read("test/flows/logout.test.ts")).toContain("a hook sees the session and the outcome, and may answer itself");
});
