import { readdirSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { manifest, root } from "../package/support/tarball.js";

// GitHub's own parser, made for bundlers: Node wants to be told that a JSON file is JSON.
const hook = `export const load = (url, context, next) =>
  next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>
  >;
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

const read = (path: string) => readFileSync(join(root, ".github", path), "utf8");
const names = readdirSync(join(root, ".github/workflows")).sort();

/** What GitHub would refuse a workflow for. */
async function problemsOf(name: string, content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

test("there is one workflow that tests, and one that publishes", () => {
  expect(names).toEqual(["ci.yml", "release.yml"]);
});

describe.each(names)("%s", (name) => {
  const content = read(`workflows/${name}`);
  const workflow = parse(content) as Workflow;
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  test("is one that GitHub accepts", async () => {
    expect(await problemsOf(name, content)).toEqual([]);
  });

  test("runs scripts that there are", () => {
    const scripts = steps.flatMap(({ run = "" }) => [...run.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script));
    expect(scripts).not.toEqual([]);
    expect(scripts.filter((script = "") => !Object.hasOwn(manifest.scripts, script))).toEqual([]);
  });

  test("uses actions of GitHub's own, each with its version, and leaves no credentials behind", () => {
    const used = steps.filter(({ uses }) => uses !== undefined);
    expect(used).not.toEqual([]);
    for (const { uses, with: given } of used) {
      expect(uses).toMatch(/^actions\/[\w-]+@(?:v\d+(?:\.\d+)*|[\da-f]{40})$/);
      if (uses?.startsWith("actions/checkout@")) expect(given).toMatchObject({ "persist-credentials": false });
    }
  });

  test("may read, and write nothing but the identity that npm asks for", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const { permissions = {} } of jobs)
      for (const [scope, access] of Object.entries(permissions))
        expect([`${scope}: ${access}`]).toEqual([expect.stringMatching(/: read$|^id-token: write$/)]);
  });
});

test("only what is published may have an identity", () => {
  expect(read("workflows/ci.yml")).not.toContain("id-token");
  expect(read("workflows/release.yml")).toContain("npm publish --provenance");
});

test("CI runs on the oldest Node that package.json allows, and so does a clone with nvm", () => {
  const [, oldest = ""] = />=(\d+\.\d+)/.exec(manifest.engines.node) ?? [];
  expect(oldest).toMatch(/^\d+\.\d+$/);
  const { quick, everything } = (parse(read("workflows/ci.yml")) as { jobs: Record<string, Record<string, unknown>> })
    .jobs;
  expect(quick).toMatchObject({ strategy: { matrix: { node: expect.arrayContaining([oldest]) } } });
  expect(everything).toMatchObject({ container: `node:${oldest}-bookworm` });
  expect(readFileSync(join(root, ".nvmrc"), "utf8").trim()).toBe(oldest);
});

test.each(["dependabot.yml", "ISSUE_TEMPLATE/bug.yml", "ISSUE_TEMPLATE/idea.yml"])(".github/%s is YAML", (path) => {
  expect(parse(read(path))).toBeTypeOf("object");
});

test("the editor is told what the formatter does", () => {
  const biome = JSON.parse(readFileSync(join(root, "biome.json"), "utf8")) as {
    formatter: { indentStyle: string; indentWidth: number; lineWidth: number };
  };
  const { indentStyle, indentWidth, lineWidth } = biome.formatter;
  const editor = readFileSync(join(root, ".editorconfig"), "utf8");
  expect(editor).toContain(`indent_style = ${indentStyle}\nindent_size = ${indentWidth}\n`);
  expect(editor).toContain(`max_line_length = ${lineWidth}\n`);
});

test("the parser finds what is wrong", async () => {
  const good = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo "\${{ github.ref }}"\n`;
  expect(await problemsOf("good.yml", good)).toEqual([]);
  for (const [from, to] of [
    ["steps", "stepz"],
    ["github.ref }}", "github.ref( }}"],
    ["runs-on: ubuntu-24.04", "needs: b"],
  ] as const)
    expect(await problemsOf("bad.yml", good.replace(from, to))).not.toEqual([]);
});
