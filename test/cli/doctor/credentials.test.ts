import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Fault } from "../../../src/emulator/index.js";
import { selfSigned } from "../../support/certificates.js";
import { freePort } from "../../support/server-process.js";
import { useCommandLine } from "../support/command-line.js";
import {
  clientId,
  clientSecret,
  credentials,
  examine,
  examineModule,
  examineOptions,
  sealingSecret,
  useEmulator,
} from "../support/doctor-command.js";

useCommandLine();

const emulator = useEmulator();

const examineHere = (env: Record<string, string> = {}) => examine(["--base-url", emulator.url], { env });

describe("doctor: credentials", () => {
  test("that Notion accepts: it was asked about a random token that says what it is", async () => {
    for (const _ of [1, 2]) {
      const found = await examineHere();
      expect(found.of("credentials")).toEqual([expect.stringMatching(/^ok: Notion accepts the client id and secret/)]);
      expect([found.code, found.errors]).toEqual([0, ""]);
    }
    const tokens = emulator.requests.map(({ endpoint, token = "" }) => {
      expect([endpoint, token]).toEqual([
        "introspect",
        expect.stringMatching(/^made-up-by-express-notion-oauth-doctor-.{24}$/),
      ]);
      return token;
    });
    expect(new Set(tokens).size).toBe(2);
  });

  test("that Notion refuses: exit code 1, and where the right ones are", async () => {
    const found = await examineHere({ NOTION_CLIENT_SECRET: "another-secret" });
    expect(found.code).toBe(1);
    const [finding = ""] = found.of("credentials");
    expect(finding).toMatch(/^problem: Notion does not accept the client id and secret \(status 401\)\./);
    expect(finding).toContain("app.notion.com/developers/connections");
    expect(finding).toContain("into NOTION_CLIENT_ID and NOTION_CLIENT_SECRET.");
  });

  test("that are not there, or cannot be used: by the names that they have in the environment", async () => {
    const found = await examineHere({ NOTION_CLIENT_ID: "", NOTION_CLIENT_SECRET: "", NOTION_OAUTH_SECRET: "short" });
    expect(found.code).toBe(1);
    expect(found.of("credentials")).toEqual([
      expect.stringMatching(/^problem: NOTION_CLIENT_ID: Option `clientId` must be/),
      expect.stringMatching(/^problem: NOTION_CLIENT_SECRET: Option `clientSecret` must be/),
      expect.stringMatching(
        /^problem: NOTION_OAUTH_SECRET: Option `secret` must have at least 16 characters, best 32 random bytes\. Take 32 random bytes: /,
      ),
      "skipped: Notion was not asked: there is nothing that it could be asked with.",
    ]);
    expect(emulator.requests).toEqual([]);
  });

  const functions = [
    ["brings the secret", `async () => ${JSON.stringify(clientSecret)}`, /^ok: Notion accepts/],
    [
      "fails",
      `async () => { throw new Error(${JSON.stringify(clientSecret)}); }`,
      /^problem: The function `clientSecret` failed/,
    ],
    ["brings no text", "() => 42", /^problem: The function `clientSecret` failed, or did not bring a string/],
    [
      "never ends",
      "() => new Promise(() => {})",
      /^problem: There was no answer from 127\.0\.0\.1, port \d+ within 300 ms/,
      300,
    ],
  ] as const;
  test.each(functions)("a function that %s", async (_, source, expected, timeout: number = 60_000) => {
    const found = await examineModule(`export const notion = {
      clientId: ${JSON.stringify(clientId)}, clientSecret: ${source}, secret: ${JSON.stringify(sealingSecret)},
      baseUrl: ${JSON.stringify(emulator.url)}, timeout: ${timeout} };`);
    expect(found.of("credentials")).toEqual([expect.stringMatching(expected)]);
  });
});

describe("doctor: a Notion that does not answer as it should", () => {
  const faults: readonly (readonly [string, Fault, RegExp])[] = [
    ["503", { status: 503 }, /^problem: What answers at 127\.0\.0\.1, port \d+ cannot serve .* \(status 503\)/],
    [
      "429",
      { status: 429, retryAfter: 90 },
      /^warning: Notion limits the rate .* \(status 429\).* Run this again in 1 min 30 s\.$/,
    ],
    [
      "HTML",
      { status: 200, body: "<html>" },
      /^problem: What answers at .* does not answer as Notion does \(status 200\)\. Look at `baseUrl`/,
    ],
    [
      "404",
      { status: 404, body: "<html>" },
      /^problem: What answers at .* does not answer as Notion does \(status 404\)/,
    ],
    ["a redirect", { redirect: "https://example.com/" }, /^problem: What answers at .* \(status 302\)/],
    [
      "a made-up token that is active",
      { status: 200, body: { active: true } },
      /^problem: What answers at .* calls a made-up token active: it is not Notion/,
    ],
    [
      "a reset",
      { reset: "before" },
      /^problem: Notion could not be reached at 127\.0\.0\.1, port \d+: the connection was cut \(ECONNRESET\)/,
    ],
  ];
  test.each(faults)("%s", async (_, fault, expected) => {
    emulator.fault("introspect", fault);
    const found = await examineHere();
    expect(found.of("credentials")).toEqual([expect.stringMatching(expected)]);
    expect(found.code).toBe(expected.source.startsWith("^problem") ? 1 : 0);
  });

  test("silence", async () => {
    emulator.fault("introspect", { hang: true });
    const found = await examineOptions({ notion: { ...credentials(emulator), timeout: 300 } });
    expect(found.of("credentials")).toEqual([
      // A process that is kept from its work for so long has not even connected.
      expect.stringMatching(
        /^problem: There was no answer from .* within 300 ms(?:: no connection came about)?\. Start .* or correct `baseUrl`\.$/,
      ),
    ]);
    expect(found.of("clock")).toEqual([expect.stringMatching(/^skipped: /)]);
  });

  test("nobody there: host, port and the system's code", async () => {
    const port = await freePort();
    const found = await examine(["--base-url", `http://127.0.0.1:${port}`]);
    expect(found.code).toBe(1);
    expect(found.of("credentials")).toEqual([
      `problem: Notion could not be reached at 127.0.0.1, port ${port}: nothing listens there (ECONNREFUSED). Start on this machine what should answer there, or correct --base-url.`,
    ]);
  });

  test("a proxy in the environment that calls do not go through", async () => {
    const env = { HTTPS_PROXY: "http://127.0.0.1:3128" };
    const found = await examine(["--base-url", "https://notion.invalid"], { env });
    expect(found.of("credentials")).toEqual([
      expect.stringMatching(/The environment names a proxy \(HTTPS_PROXY\).* pass an `agent`/),
    ]);
  });

  test("a name that nobody knows", async () => {
    const found = await examine(["--base-url", "https://notion.invalid"]);
    expect(found.of("credentials")).toEqual([
      expect.stringMatching(
        /at notion\.invalid, port 443: (?:no name server knows this name|the name server does not answer) \(E\w+\)\. Look at name servers and firewalls/,
      ),
    ]);
  });

  test("a certificate of an authority that nobody knows", async () => {
    const server = createServer({ ...selfSigned("localhost") }, (_, res) => void res.end());
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const found = await examine(["--base-url", `https://localhost:${port}`]);
    expect(found.of("credentials")).toEqual([
      expect.stringMatching(/Node does not know the authority of its certificate: .* \(DEPTH_ZERO_SELF_SIGNED_CERT\)/),
    ]);
  });
});

describe("doctor: base URL", () => {
  test("Notion's own is right; another is said, and one on this machine is for development", async () => {
    const found = (args: string[], env = {}) =>
      examine(args, { env: { NOTION_CLIENT_ID: "", ...env } }).then((one) => one.of("base-url"));
    expect(await found([])).toEqual(["ok: Calls go to Notion, https://api.notion.com."]);
    expect(await found(["--base-url", "https://example.com"])).toEqual([
      expect.stringMatching(
        /^warning: Calls go to https:\/\/example\.com and not to Notion: it gets the client secret/,
      ),
    ]);
    expect(await found(["--base-url", emulator.url])).toEqual([expect.stringMatching(/^warning: .* on this machine/)]);
    expect(await found(["--base-url", emulator.url], { NODE_ENV: "production" })).toEqual([
      expect.stringMatching(/^problem: .* on this machine/),
    ]);
    expect(await found(["--base-url", "http://example.com"])).toEqual([
      "problem: --base-url: Option `baseUrl` must be https (http is for loopback addresses only). Correct it in the environment, or on the command line.",
    ]);
    expect(await found(["--base-url", "https://api.notion.com/v1"])).toEqual([
      expect.stringMatching(/^problem: .* must not end with `\/v1`/),
    ]);
  });
});
