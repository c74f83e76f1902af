import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type Finished,
  finish as finishCommand,
  type Run,
  root,
  start,
  useCommandLine,
} from "./support/command-line.js";

useCommandLine();

const finish = (...args: string[]): Promise<Finished> => finishCommand(args);

/** Starts the emulator and waits for its URL. */
async function startEmulator(...args: string[]): Promise<Run & { url: string }> {
  const run = start(["emulator", "--port", "0", ...args]);
  await expect.poll(run.output).toContain("Ctrl+C");
  return { ...run, url: /on (http:\S+)/.exec(run.output())?.[1] ?? "" };
}

describe("npx express-notion-oauth", () => {
  test.each(["--help", "-h", "help"])("%s lists the commands", async (flag) => {
    const { code, output } = await finish(flag);
    expect(code).toBe(0);
    expect(output).toMatch(/Usage:[\s\S]*emulator/);
  });

  test.each(["--version", "-v"])("%s is the version of the package", async (flag) => {
    const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
    expect(await finish(flag)).toMatchObject({ code: 0, output: `${version}\n` });
  });

  test("without a command, or with an unknown one: usage and exit code 2", async () => {
    expect(await finish()).toMatchObject({ code: 2, output: expect.stringContaining("Usage:") });
    expect(await finish("emulate")).toMatchObject({ code: 2, errors: expect.stringContaining('no command "emulate"') });
    expect(await finish("constructor")).toMatchObject({ code: 2 });
  });
});

describe("npx express-notion-oauth emulator", () => {
  test("--help explains its options", async () => {
    expect(await finish("emulator", "--help")).toMatchObject({
      code: 0,
      output: expect.stringContaining("--redirect-uri"),
    });
  });

  test.each([
    ["--prot 1", "--prot"],
    ["--port x", "--port"],
    ["--port 70000", "--port"],
    ["--port", "--port"],
    ["--behaviour revokeUnknown=401", "behaviour.revokeUnknown"],
    ["--behaviour nonsense", "name=value"],
    ["--redirect-uri /callback", "--redirect-uri"],
    ["--client-id=", "clientId"],
    ["extra", "extra"],
  ])("%s: exit code 2 and a sentence that names it", async (args, name) => {
    const { code, errors, output } = await finish("emulator", ...args.split(" "));
    expect(code).toBe(2);
    expect(errors).toContain(name);
    expect(errors).toContain("--help");
    expect(errors).not.toMatch(/\n\s+at /);
    expect(output).toBe("");
  });

  test("serves Notion with the given client and switches, and prints requests without tokens", async () => {
    const redirect = "https://app.example.com/cb";
    const { url, output } = await startEmulator(
      ...["--client-id", "app", "--client-secret", "hush", "--client-name", "My app", "--redirect-uri", redirect],
      ...["--behaviour", "revokeUnknown=400", "--behaviour", "errorBody=openapi"],
    );
    const page = (uri: string) =>
      fetch(
        `${url}/v1/oauth/authorize?${new URLSearchParams({ client_id: "app", redirect_uri: uri, response_type: "code", owner: "user" })}`,
      );
    expect(await (await page(redirect)).text()).toContain("Connect My app to Notion");
    expect((await page("http://localhost:3000/cb")).status).toBe(400);
    const revoked = await fetch(`${url}/v1/oauth/revoke`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("app:hush")}`, "content-type": "application/json" },
      body: JSON.stringify({ token: "ntn_a_token" }),
    });
    expect(await revoked.json()).toMatchObject({ object: "error", status: 400 });
    await expect.poll(output).toContain("POST /v1/oauth/revoke 400");
    expect(output()).not.toContain("ntn_a_token");
  });

  test("can be driven through the control API, unless --no-control", async () => {
    const { url } = await startEmulator("--quiet");
    const issued = await fetch(`${url}/__emulator/issue`, { method: "POST" });
    expect(await issued.json()).toHaveProperty("access_token");
    const { url: closed, output } = await startEmulator("--no-control");
    expect((await fetch(`${closed}/__emulator/state`)).status).toBe(404);
    expect(output()).toContain("control API    off");
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends it with code 0, hanging requests included", async (signal) => {
    const { url, child } = await startEmulator();
    await fetch(`${url}/__emulator/faults`, { method: "POST", body: JSON.stringify({ endpoint: "*", hang: true }) });
    const hanging = fetch(`${url}/v1/users/me`).then(
      () => "answered",
      () => "ended",
    );
    await expect
      .poll(async () => (await (await fetch(`${url}/__emulator/state`)).json()) as unknown)
      .toMatchObject({ requests: 1 });
    child.kill(signal);
    expect(await once(child, "close")).toEqual([0, null]);
    expect(await hanging).toBe("ended");
  });

  test("a port that is taken: exit code 2 and a sentence", async () => {
    const { url } = await startEmulator();
    const { code, errors } = await finish("emulator", "--port", new URL(url).port);
    expect(code).toBe(2);
    expect(errors).toContain(
      `Nothing can listen on 127.0.0.1:${new URL(url).port} (EADDRINUSE): choose another --port`,
    );
    expect(errors).not.toMatch(/\n\s+at /);
  });
});
