import { inspect } from "node:util";
import { expect, test } from "vitest";
import { create, errorOf } from "./support/error-of.js";

const long = "a sealing secret of the app";

test.each([
  ["blank", ""],
  ["white space only", " ".repeat(32)],
  ["no string", 1234567890123456],
  ["null", null],
  ["an object", { secret: long }],
  ["a function", () => long],
  ["an empty list", []],
  ["too short", "s3cr3t-v4lue-15"],
  ["a list with a blank entry", [long, ""]],
  ["a list with one that is too short", [long, "s3cr3t-v4lue-15"]],
  ["a list with one that is no string", [long, undefined]],
  ["a list in a list", [[long]]],
])("a secret that is %s is refused, and never shown", (_, secret) => {
  const error = errorOf({ secret });
  expect(error.option).toBe("secret");
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain("s3cr3t");
});

test("16 characters are enough, for each entry of a list", () => {
  expect(() => create({ secret: "0123456789abcdef" })).not.toThrow();
  expect(() => create({ secret: Object.freeze(["0123456789abcdef", long]) })).not.toThrow();
});

test("it is required when the client secret is a function", () => {
  expect(errorOf({ clientSecret: () => "x" }).option).toBe("secret");
  expect(() => create({ clientSecret: async () => "x", secret: long })).not.toThrow();
});

test("the length of the client secret is Notion's business", () => {
  expect(() => create({ clientSecret: "short" })).not.toThrow();
});

test("no error about another option shows a secret", () => {
  const secret = "s3cr3t-v4lue-that-is-long";
  for (const changes of [
    { clientSecret: `${secret}\n` },
    { clientSecret: secret, timeout: "x" },
    { secret, timeout: "x" },
    { redirectUri: `http://${secret}.example/` },
    { baseUrl: `http://u:${secret}@x/` },
    { trustedOrigins: [`https://u:${secret}@x.example`] },
    { vault: `postgres://u:${secret}@db/app` },
  ]) {
    const error = errorOf(changes);
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain(secret);
  }
});
