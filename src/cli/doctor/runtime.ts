import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { manifest } from "../manifest.js";
import { type Finding, findingsOf } from "./finding.js";
import { isInRange } from "./in-range.js";
import type { SetUp } from "./set-up.js";

const { ok, warning, problem } = findingsOf("runtime");

/** The version of Node, and of the packages that the app's module finds. */
export function checkRuntime({ config }: SetUp): Finding[] {
  const { engines, peerDependencies, version } = manifest();
  const node = process.versions.node;
  const found = isInRange(node, engines.node)
    ? ok(`Node ${node} is new enough.`)
    : problem(`Node ${node} is not one of those that this package is made for (${engines.node}).`, "Update Node.");
  if (config === undefined) return [found];
  return [
    found,
    ...["express", "express-session"].flatMap((name) => checkPeer(name, peerDependencies[name], config)),
    ...checkCopy(version, config),
  ];
}

function checkPeer(name: string, range = "", config: string): Finding[] {
  const version = versionFrom(config, name);
  if (version === undefined)
    return [warning(`The package ${name} was not found from ${config}.`, `Run \`npm install ${name}\`.`)];
  if (isInRange(version, range)) return [ok(`${name} ${version} is one that this package is made for.`)];
  return [
    problem(
      `${name} ${version} is not one of those that this package is made for (${range}).`,
      `Install ${name} in one of these versions.`,
    ),
  ];
}

/** `npx` may have fetched another version than the app has. */
function checkCopy(version: string, config: string): Finding[] {
  const theirs = versionFrom(config, "express-notion-oauth");
  if (theirs === undefined || theirs === version) return [];
  return [
    warning(
      `This is version ${version} of express-notion-oauth, and the app has ${theirs}: it may check other things than it should.`,
      "Run it in the folder of the app, where npx finds the app's own.",
    ),
  ];
}

function versionFrom(file: string, name: string): string | undefined {
  try {
    const path = createRequire(file).resolve(`${name}/package.json`);
    return String((JSON.parse(readFileSync(path, "utf8")) as { readonly version?: unknown }).version);
  } catch {
    return undefined;
  }
}
