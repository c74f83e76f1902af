import { expect, test } from "vitest";
import { bringSecret } from "../../src/api/bring-secret.js";
import type { NotionApiError } from "../../src/errors.js";

const failing = (error: unknown) => bringSecret(() => Promise.reject(error), "token", 1000);

class VaultSealedError extends Error {
  override name = "VaultSealedError";
}

test.each([
  ["a code of the system", Object.assign(new Error("x"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
  ["the name of a class", new VaultSealedError("x"), "VaultSealedError"],
  [
    "the name where the code may be anything",
    Object.assign(new VaultSealedError(), { code: "no_code" }),
    "VaultSealedError",
  ],
  ["no code that something stands before", Object.assign(new Error("x"), { code: "secret ECONNREFUSED" }), "threw"],
  ["no code that something stands after", Object.assign(new Error("x"), { code: "ECONNREFUSED secret" }), "threw"],
  ["no short code", Object.assign(new Error("x"), { code: "AB" }), "threw"],
  ["no long code", Object.assign(new Error("x"), { code: "A".repeat(41) }), "threw"],
  ["no code that is a number", Object.assign(new Error("x"), { code: 4000 }), "threw"],
  ["no object that reads like a code", { code: { toString: () => "ECONNREFUSED" } }, "threw"],
  ["no message", new Error("the secret is hunter2"), "threw"],
  ["nothing of text", "hunter2", "threw"],
  ["nothing of nothing", undefined, "threw"],
])("of what the function throws, it passes on %s", async (_, thrown, code) => {
  const error = (await failing(thrown).catch((reason: unknown) => reason)) as NotionApiError;
  expect(error).toMatchObject({ code: "client_secret_unavailable", sent: false, cause: { code } });
  expect(String(error.cause)).toBe(`Error: the function \`clientSecret\`: ${code}`);
});
