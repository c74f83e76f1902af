import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run, runOk } from "../support/run.js";
import { manifest, root } from "./support/tarball.js";

const metadata = {
  repository: { type: "git", url: "git+https://git.invalid/acme/express-notion-oauth.git" },
  homepage: "https://git.invalid/acme/express-notion-oauth#readme",
  bugs: "https://git.invalid/acme/express-notion-oauth/issues",
  author: "Ada Lovelace <ada@git.invalid>",
};

/** This tree in a repository of its own, on main and with all that a release needs. */
async function checkout(changes: Readonly<Record<string, unknown>> = metadata) {
  const directory = mkdtempSync(join(tmpdir(), "release-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const listed = await runOk("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], root);
  for (const file of listed.split("\0"))
    if (/^(?:src|scripts|docs)\/|^[^/]+$/.test(file) && file !== "") cpSync(join(root, file), join(directory, file));
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "dir");
  const read = (file: string) => readFileSync(join(directory, file), "utf8");
  const write = (file: string, text: string) => writeFileSync(join(directory, file), text);
  const git = async (...args: string[]) => (await runOk("git", args, directory)).trim();
  const release = (...args: string[]) => run(process.execPath, ["scripts/release.mjs", ...args], directory);
  write("package.json", `${JSON.stringify({ ...JSON.parse(read("package.json")), ...changes }, null, 2)}\n`);
  write(
    "CHANGELOG.md",
    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something new.\n\n## [0.0.9] - 2026-01-01\n\n- Old.\n",
  );
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "Ada");
  await git("config", "user.email", "ada@git.invalid");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "feat: begin");
  return { read, write, git, release };
}

test("a release sets the version everywhere, dates the changelog, commits and tags", async () => {
  const { read, git, release } = await checkout();
  const { status, stdout, stderr } = await release("9.8.7");
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain("git push origin main v9.8.7");
  const lock = JSON.parse(read("package-lock.json"));
  expect([JSON.parse(read("package.json")).version, lock.version, lock.packages[""].version]).toEqual(
    Array(3).fill("9.8.7"),
  );
  expect(read("src/opentelemetry/instrumentation.ts")).toContain('"9.8.7"');
  expect(read("CHANGELOG.md")).toMatch(
    /\n## \[Unreleased\]\n\n## \[9\.8\.7\] - \d{4}-\d\d-\d\d\n\n### Added\n\n- Something new\.\n/,
  );
  expect(await git("log", "-1", "--format=%s %D")).toBe("chore(release): 9.8.7 HEAD -> main, tag: v9.8.7");
  expect(await git("status", "--porcelain")).toBe("");
});

test("--dry-run goes all the way and changes nothing", async () => {
  const { git, release } = await checkout({ ...metadata, scripts: { build: "exit 0" } });
  const { status, stdout, stderr } = await release("major", "--dry-run");
  expect(status, stdout + stderr).toBe(0);
  const next = `${Number(manifest.version.split(".")[0]) + 1}.0.0`;
  expect(stdout).toContain(`That would be ${next}. Nothing was changed.`);
  expect(stderr).toContain(`express-notion-oauth@${next}`);
  expect(await git("status", "--porcelain")).toBe("");
  expect([await git("rev-list", "--count", "HEAD"), await git("tag")]).toEqual(["1", ""]);
});

test("all that is missing is named at once", async () => {
  const { git, write, release } = await checkout({
    repository: undefined,
    homepage: "https://example.com",
    bugs: undefined,
    author: "",
  });
  await git("switch", "--quiet", "--create", "feature");
  write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [0.0.9] - 2026-01-01\n\n- Old.\n");
  const { status, stderr } = await release("newest");
  expect(status).toBe(1);
  expect(stderr.match(/^- .*$/gm)).toEqual([
    expect.stringContaining("Which version?"),
    expect.stringContaining("The tree is dirty"),
    expect.stringContaining("this is feature"),
    expect.stringContaining("nothing to release"),
    "- package.json has no `repository`.",
    expect.stringContaining("`homepage` in package.json is a placeholder"),
    "- package.json has no `bugs`.",
    "- package.json has no `author`.",
  ]);
});

test("a build that fails leaves no trace", async () => {
  const { git, release } = await checkout({ ...metadata, scripts: { build: "exit 1" } });
  const { status, stderr } = await release("patch");
  expect(status).toBe(1);
  expect(stderr).toContain("No release:");
  expect(await git("status", "--porcelain")).toBe("");
  expect(await git("tag")).toBe("");
});

test("a version that has a tag is not released again", async () => {
  const { git, release } = await checkout();
  await git("tag", "v9.8.7");
  const { status, stderr } = await release("9.8.7");
  expect(status).toBe(1);
  expect(stderr).toContain("There is a tag v9.8.7 already.");
  expect(await git("status", "--porcelain")).toBe("");
});
