import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL("../../src/", import.meta.url));
const tests = fileURLToPath(new URL("../", import.meta.url));

/** The folders that mirror those of `src`: test/api/revoke-token.test.ts is about src/api/revoke-token.ts. */
const mirrors = ["api", "emulator", "express", "lifecycle", "options", "testing", "vault"];

/** What is about more than one file or folder of `src`. */
const others: Readonly<Record<string, string>> = {
  "api/blocked": "each call, while the process is busy with something else",
  "api/tls": "each call, over TLS",
  "emulator/lifecycle": "an emulator from its start to its end",
  "emulator/official-sdk": "Notion's own client, on the emulator",
  "emulator/outage": "each endpoint, while Notion is down",
  "emulator/readme": "what its README.md shows",
  "emulator/rest": "the endpoints that are not of OAuth",
  "express/raw-requests": "the middleware without an Express app around it",
  "options/handlers": "what login(), logout() and the guards are given",
};

const names = readdirSync(tests, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts") && (!path.includes("/") || mirrors.includes(path.split("/")[0]!)))
  .map((path) => path.replace(/\.test\.ts$/, ""));

test.each(names)("test/%s is named after what it tests", (name) => {
  const isMirror = existsSync(`${src}${name}.ts`) || existsSync(`${src}${name}`);
  expect(isMirror, "no file or folder of src has that path, and no reason is listed").toBe(!(name in others));
});

test("each exception is a test", () => {
  expect(Object.keys(others).filter((name) => !names.includes(name))).toEqual([]);
});
