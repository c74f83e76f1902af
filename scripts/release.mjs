// Makes a release on this machine, ready to be pushed: npm run release -- <major|minor|patch|x.y.z> [--dry-run]
// Whatever stops it is said at once and all together, and leaves the tree as it was. With --dry-run, so does success.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const VERSION_CONSTANT = "src/opentelemetry/instrumentation.ts";
/** A list item before the next version's heading. */
const ENTRY = /^## \[Unreleased\]\n(?:(?!## ).*\n)*?- /m;
/** What npm shows beside the package. Nobody can make it up: whoever makes the first release puts it into package.json. */
const METADATA = ["repository", "homepage", "bugs", "author"];

const read = (file) => readFileSync(`${root}${file}`, "utf8");
const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
const npm = (args, stdio = "inherit") => execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio });

const { values, positionals } = parseArgs({ options: { "dry-run": { type: "boolean" } }, allowPositionals: true });
const [wanted = ""] = positionals;
const problems = [...problemsOfCall(), ...problemsOfTree(), ...problemsOfMetadata()];
if (problems.length > 0) refuse(problems);

let version = "";
try {
  version = writeVersion(wanted);
  if (git("tag", "--list", `v${version}`) !== "") throw new Error(`There is a tag v${version} already.`);
  writeChangelog(version);
  npm(["run", "build"]);
  npm(["publish", "--dry-run", "--ignore-scripts"]);
} catch (error) {
  git("restore", ".");
  refuse([error.message]);
}

if (values["dry-run"]) {
  console.log(`\n${git("diff", "--stat")}\n\nThat would be ${version}. Nothing was changed.`);
  git("restore", ".");
} else {
  git("commit", "--all", "--message", `chore(release): ${version}`);
  git("tag", "--annotate", `v${version}`, "--message", `v${version}`);
  console.log(`\nReady: ${version}. To publish it, push the branch and the tag:\n\n  git push origin main v${version}`);
}

function problemsOfCall() {
  const isVersion = /^(?:major|minor|patch|\d+\.\d+\.\d+)$/.test(wanted) && positionals.length === 1;
  return isVersion
    ? []
    : ["Which version? Say `npm run release -- minor`, or major, patch or a version such as 1.2.3."];
}

function problemsOfTree() {
  const branch = git("branch", "--show-current");
  return [
    ...(git("status", "--porcelain") === "" ? [] : ["The tree is dirty: commit or stash what `git status` shows."]),
    ...(branch === "main" ? [] : [`Releases are made on main, and this is ${branch || "no branch"}.`]),
    ...(ENTRY.test(read("CHANGELOG.md"))
      ? []
      : ["CHANGELOG.md has no entry under `## [Unreleased]`: there is nothing to release."]),
  ];
}

function problemsOfMetadata() {
  const manifest = JSON.parse(read("package.json"));
  return METADATA.flatMap((field) => {
    const text = JSON.stringify(manifest[field] ?? "");
    if (text === '""' || text === "{}") return [`package.json has no \`${field}\`.`];
    if (/example\.|todo|placeholder|your[-_ ]|owner\/|<\w+>/i.test(text))
      return [`\`${field}\` in package.json is a placeholder: ${text}`];
    return [];
  });
}

/** Sets the version everywhere. @returns it */
function writeVersion(wanted) {
  npm(["version", wanted, "--no-git-tag-version", "--allow-same-version", "--ignore-scripts"], "pipe");
  const { version } = JSON.parse(read("package.json"));
  const before = read(VERSION_CONSTANT);
  const after = before.replace(/^const VERSION = "[^"]+";$/m, `const VERSION = "${version}";`);
  if (!after.includes(`"${version}"`)) throw new Error(`${VERSION_CONSTANT} has no line \`const VERSION = "...";\`.`);
  writeFileSync(`${root}${VERSION_CONSTANT}`, after);
  return version;
}

function writeChangelog(version) {
  const heading = `## [Unreleased]\n\n## [${version}] - ${new Date().toISOString().slice(0, 10)}`;
  writeFileSync(`${root}CHANGELOG.md`, read("CHANGELOG.md").replace(/^## \[Unreleased\]$/m, heading));
}

function refuse(reasons) {
  console.error(`No release:\n${reasons.map((reason) => `- ${reason}`).join("\n")}`);
  process.exit(1);
}
