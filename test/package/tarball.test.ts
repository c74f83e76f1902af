import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../support/run.js";
import { manifest, packed, root, type Tarball } from "./support/tarball.js";

describe("the tarball", () => {
  let tarball: Tarball;
  beforeAll(async () => {
    tarball = await packed();
  });
  const paths = () => tarball.files.map(({ path }) => path);
  const inDist = (ending: string) =>
    paths()
      .filter((path) => path.startsWith("dist/") && path.endsWith(ending))
      .sort();

  test("holds the declarations that its entries lead to, and no others", () => {
    const given = inDist(".d.ts");
    const led = given.flatMap((path) =>
      [...readFileSync(join(root, path), "utf8").matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g)].map(([, to = ""]) =>
        join(dirname(path), `${to}.d.ts`),
      ),
    );
    const entries = targets().filter((path) => path.endsWith(".d.ts"));
    expect(given).toEqual([...new Set([...entries, ...led])].sort());
  });

  test("holds no declaration without its documentation", () => {
    const bare = inDist(".d.ts").filter((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return /^export (declare |interface |type \w+ =)/m.test(text) && !text.includes("/**");
    });
    expect(bare).toEqual([]);
  });

  test("holds the source of every declaration, where its map leads, and no others", () => {
    const maps = inDist(".d.ts").map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      expect(text).toContain(`//# sourceMappingURL=${basename(path)}.map`);
      return `${path}.map`;
    });
    expect(inDist(".map")).toEqual(maps.sort());
    const sources = maps.flatMap((path) =>
      (JSON.parse(readFileSync(join(root, path), "utf8")) as { sources: string[] }).sources.map((source) =>
        join(dirname(path), source),
      ),
    );
    expect(inDist(".ts").filter((path) => !path.endsWith(".d.ts"))).toEqual(sources.sort());
  });

  test("holds the code of every entry, and what they share", () => {
    const code = inDist(".js");
    const shared = code.filter((path) => path.startsWith("dist/shared/"));
    const expected = targets().filter((path) => path.endsWith(".js"));
    expect(code.filter((path) => !shared.includes(path))).toEqual(expected.sort());
    const texts = code.map((path) => readFileSync(join(root, path), "utf8"));
    const unused = shared.filter((path) => !texts.some((text) => text.includes(`/${basename(path)}"`)));
    expect(unused).toEqual([]);
  });

  // What the README links to.
  const guides = readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .sort();
  test("holds beside them what a reader needs, and no tests", () => {
    expect(
      paths()
        .filter((path) => !/^dist\/.*\.(js|ts|d\.ts\.map)$/.test(path))
        .sort(),
    ).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      ...guides,
      "llms.txt",
      "package.json",
      "src/emulator/README.md",
    ]);
  });

  test.each(targets())("holds %s, which package.json names", (path) => {
    expect(paths()).toContain(path);
  });

  test("has a command that can be run", () => {
    for (const path of Object.values(manifest.bin)) {
      const file = tarball.files.find((one) => one.path === path);
      expect((file?.mode ?? 0) & 0o111).not.toBe(0);
      expect(readFileSync(join(root, path), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    }
  });

  test("passes publint", async () => {
    const { status, stdout, stderr } = await run(
      process.execPath,
      [bin("publint"), "run", tarball.path, "--strict"],
      root,
    );
    expect(status, stdout + stderr).toBe(0);
  });

  test("has types that say what the code is, as attw sees it", async () => {
    // An ESM package; that `require` loads it is tested by doing it.
    const args = [bin("attw"), tarball.path, "--profile", "esm-only", "--no-emoji", "--no-color"];
    const { status, stdout, stderr } = await run(process.execPath, args, root);
    expect(status, stdout + stderr).toBe(0);
  });
});

test("every peer has a range, and the optional ones are marked", () => {
  const meta = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
  const optional = Object.keys(meta.peerDependenciesMeta).filter((name) => meta.peerDependenciesMeta[name]?.optional);
  expect(Object.keys(manifest.peerDependencies).sort()).toEqual(["express", "express-session", ...optional].sort());
});

/** Every file that package.json promises. */
function targets(): string[] {
  const exported = Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string" ? [target] : [target.types, target.default],
  );
  return [...exported, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ""));
}

function bin(name: "publint" | "attw"): string {
  const directory = join(root, "node_modules", name === "attw" ? "@arethetypeswrong/cli" : name);
  const own = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { bin: Record<string, string> };
  return join(directory, own.bin[name] ?? "");
}
