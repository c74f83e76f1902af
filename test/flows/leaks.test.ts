import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("./whole-life.mjs", import.meta.url));

interface Life {
  readonly secrets: Readonly<Record<string, readonly string[]>>;
  readonly shown: Readonly<Record<string, readonly string[]>>;
  /** Tokens still alive at the end, per life. */
  readonly left: readonly number[];
}

let life: Life;
let output = "";

beforeAll(async () => {
  const child = fork(script, {
    env: { ...process.env, DEBUG: "*", DEBUG_COLORS: "no", NODE_ENV: "development" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += chunk));
  child.on("message", (message) => (life = message as Life));
  await once(child, "close");
  if (life === undefined) throw new Error(`The life ended early:\n${output.slice(-3000)}`);
});

/** A secret as it is, and in all the ways in which it may be written. */
function forms(secret: string): string[] {
  const plain = [secret, encodeURIComponent(secret), new URLSearchParams({ x: secret }).toString().slice(2)];
  const inHex = Buffer.from(secret).toString("hex");
  // In the middle of a longer text, base64 has three ways to write the same.
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const start = Math.ceil((offset * 4) / 3);
    const core = (text: string) => text.replace(/=+$/, "").slice(start, -2);
    return [core(bytes.toString("base64")), core(bytes.toString("base64url"))];
  });
  return [...new Set([...plain, JSON.stringify(secret).slice(1, -1), inHex, ...inBase64])];
}

/** The first few leaks, with where they are. */
function leaksIn(text: string, kinds: readonly string[]): string[] {
  const found = kinds.flatMap((kind) =>
    [...new Set(life.secrets[kind])]
      .filter((secret) => forms(secret).some((form) => text.includes(form)))
      .map((secret) => `${kind} ${secret} in ${around(text, secret)}`),
  );
  return found.slice(0, 3);
}

function around(text: string, secret: string): string {
  const at = Math.max(0, ...forms(secret).map((form) => text.indexOf(form)));
  return JSON.stringify(text.slice(Math.max(0, at - 200), at + 100));
}

const everySecret = ["token", "code", "state", "client secret", "sealing secret", "Basic header"];

describe("a whole life, with everything watched", () => {
  test("was a whole life", () => {
    expect(life.left).toEqual([0, 0]);
    expect(life.secrets.token?.length).toBeGreaterThan(50);
    expect(life.secrets.code?.length).toBeGreaterThan(30);
    expect(life.secrets.state?.length).toBeGreaterThan(30);
    const { events = [], errors = [], answers = [], logs = [], rows = [], files = [], operator = [] } = life.shown;
    const names = new Set(events.map((event) => event.split(" ")[0]));
    expect([...names].sort()).toEqual([
      "connection.created",
      "connection.ended",
      "connection.refreshed",
      "login.denied",
      "login.failed",
      "request.refused",
      "revocation.failed",
      "revocation.queued",
      "revocation.retried",
      "token.revoked",
    ]);
    for (const code of [
      "NotionApiError",
      "LoginError",
      "ConnectionError",
      "StoreError",
      "OptionError",
      "RequestRefused",
    ])
      expect(errors.join("\n")).toContain(code);
    expect(errors.join("\n")).not.toContain("UNHANDLED");
    expect(answers.length).toBeGreaterThan(100);
    expect(logs.join("\n")).toMatch(
      /error afterCallback failed[\s\S]*error a listener failed|error a listener failed[\s\S]*error afterCallback failed/,
    );
    expect(rows.join("\n")).toContain('"notion":[');
    expect(files.join("\n")).toMatch(/"tokens":"1\./);
    expect(operator.join("\n")).toContain("dueIn: null");
    expect(output).toContain("notion-oauth:debug");
    expect(output).toContain("notion-oauth:error");
    expect(output).toContain("express-session");
  });

  test.each(["answers", "errors", "events", "logs", "rows", "files", "operator", "warnings"])(
    "no secret in %s",
    (where) => {
      expect(leaksIn((life.shown[where] ?? []).join("\n"), everySecret)).toEqual([]);
    },
  );

  test("no secret on the console, with DEBUG=*", () => {
    expect(leaksIn(output, ["token", "client secret", "sealing secret", "Basic header"])).toEqual([]);
    // Express' own router writes every URL that it is asked for.
    const lines = output.split("\n").filter((line) => !/^\S+Z router(?::\w+)? /.test(line));
    expect(leaksIn(lines.join("\n"), ["code", "state"])).toEqual([]);
  });

  test("no warning of Node's", () => {
    expect(life.shown.warnings).toEqual([]);
  });

  test("the watch would see a secret in every form", () => {
    const [token = ""] = life.secrets.token ?? [];
    for (const text of [
      `Bearer ${token}`,
      Buffer.from(`{"t":"${token}"}`).toString("base64"),
      Buffer.from(`{"tt":"${token}"}`).toString("base64url"),
      Buffer.from(`x${token}y`).toString("hex"),
    ])
      expect(leaksIn(text, ["token"])).toHaveLength(1);
    expect(leaksIn(encodeURIComponent(life.secrets["client secret"]?.[0] ?? ""), ["client secret"])).toHaveLength(1);
  });
});
