import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { directoryQueue, memoryQueue, type RevocationQueue } from "../../src/index.js";
import { delay, eventually, quietLogger, startApp } from "../support/app.js";

const json = { accept: "application/json" } as const;

/** A queue whose backend can go away. */
function fickleQueue(): { queue: RevocationQueue; broken: { value: boolean } } {
  const inner = memoryQueue();
  const broken = { value: false };
  const refuse =
    (call: (...args: never[]) => unknown) =>
    async (...args: never[]) => {
      if (broken.value) throw new Error("backend down");
      return call(...args);
    };
  const queue = Object.fromEntries(
    Object.entries(inner).map(([name, value]) => [
      name,
      typeof value === "function" && name !== "close" ? refuse(value as never) : value,
    ]),
  ) as unknown as RevocationQueue;
  return { queue, broken };
}

describe("a queue that refuses a job", () => {
  test("gets one inline try, and the outcome is told as it is: revoked", async () => {
    const { queue, broken } = fickleQueue();
    const { loggedIn, emulator } = await startApp({ notion: { revocations: queue } });
    const client = await loggedIn();
    broken.value = true;
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test.each(["inline", "background"] as const)(
    "only after longer than the logout may take still gets its try in %s mode",
    async (logoutMode) => {
      const { queue, broken } = fickleQueue();
      const add = queue.add;
      const hanging: RevocationQueue = {
        ...queue,
        add: async (job) => {
          if (broken.value) await delay(1600);
          return add(job);
        },
      };
      const { loggedIn, emulator, events } = await startApp({
        notion: { revocations: hanging, logoutMode, logoutTimeout: 1500 },
      });
      const client = await loggedIn();
      broken.value = true;
      emulator.fault("revoke", { delay: 50 });
      expect((await client.post("/logout", json)).json()).toEqual({
        loggedOut: true,
        revocation: "revoked",
        tokens: 2,
      });
      expect(emulator.activeTokens()).toEqual([]);
      expect(events.map(({ name }) => name)).not.toContain("revocation.queued");
    },
  );

  test("and Notion down too: failed, reported, and still tried for as long as the process lives", async () => {
    const { queue, broken } = fickleQueue();
    const errors: string[] = [];
    const logger = { ...quietLogger, error: (message: string) => void errors.push(message) };
    const { loggedIn, emulator, events, notion } = await startApp({ notion: { revocations: queue, logger } });
    const client = await loggedIn();
    const stolen = client.copy();
    broken.value = true;
    emulator.down();
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "failed", tokens: 2 });
    expect((await stolen.get("/state")).json().connected).toBe(false);
    expect(errors).toContain("tokens could be neither revoked nor queued; only this process knows of them");
    expect(events).toContainEqual(
      expect.objectContaining({
        name: "revocation.failed",
        payload: expect.objectContaining({ cause: "queue_unavailable" }),
      }),
    );
    emulator.up();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    broken.value = false;
    await eventually(async () => (await notion.revocations.pending()).length === 0, "nothing waits");
  });

  test("is reported with the code of what is wrong", async () => {
    const lines: unknown[] = [];
    const error = (message: string, fields: unknown): void => void lines.push({ message, fields });
    const queue = directoryQueue(join(fileURLToPath(import.meta.url), "no-directory"));
    const { loggedIn } = await startApp({ notion: { revocations: queue, logger: { ...quietLogger, error } } });
    expect((await (await loggedIn()).post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
    expect(lines[0]).toEqual({
      message: "the revocation queue does not work at the moment",
      fields: { error: "ENOTDIR" },
    });
  });

  test("gets it as soon as it works again", async () => {
    const { queue, broken } = fickleQueue();
    const { loggedIn, emulator } = await startApp({ notion: { revocations: queue } });
    const client = await loggedIn();
    broken.value = true;
    emulator.down();
    await client.post("/logout", json);
    broken.value = false;
    await eventually(
      async () => (await queue.list("waiting")).some(({ kind }) => kind === "revoke"),
      "the queue has the job",
    );
    emulator.up();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("does not stop a login", async () => {
    const { queue, broken } = fickleQueue();
    const { loggedIn, emulator } = await startApp({ notion: { revocations: queue } });
    broken.value = true;
    const client = await loggedIn();
    expect((await client.get("/me", json)).status).toBe(200);
    expect(emulator.activeTokens()).toHaveLength(2);
  });

  test("for a minute is survived by the worker", async () => {
    const { queue, broken } = fickleQueue();
    const { loggedIn, emulator } = await startApp({ notion: { revocations: queue } });
    const client = await loggedIn();
    emulator.down();
    await client.post("/logout", json);
    broken.value = true;
    await delay(1200);
    emulator.up();
    broken.value = false;
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead", 20_000);
  }, 30_000);
});

describe("a queue that hangs", () => {
  /** A queue of which one operation stops to answer. */
  function stuckQueue(operation: keyof RevocationQueue): { queue: RevocationQueue; stuck: { value: boolean } } {
    const inner = memoryQueue();
    const stuck = { value: false };
    const call = inner[operation] as (...args: never[]) => unknown;
    const hang = (...args: never[]) => (stuck.value ? new Promise(() => {}) : call(...args));
    return { queue: { ...inner, [operation]: hang }, stuck };
  }

  test.each(["add", "acknowledge", "cancel"] as const)(
    "at `%s` holds neither a logout nor a login up for ever",
    async (operation) => {
      const { queue, stuck } = stuckQueue(operation);
      const { loggedIn, emulator } = await startApp({ notion: { revocations: queue } });
      const client = await loggedIn();
      const stolen = client.copy();
      stuck.value = true;
      expect((await client.post("/logout", json)).json()).toEqual({
        loggedOut: true,
        revocation: "revoked",
        tokens: 2,
      });
      expect((await stolen.get("/state")).json().connected).toBe(false);
      expect(emulator.activeTokens()).toEqual([]);
      expect((await (await loggedIn()).get("/me", json)).status).toBe(200);
    },
    30_000,
  );

  test.each(["take", "acknowledge"] as const)("at `%s` does not hold close() up", async (operation) => {
    const { queue, stuck } = stuckQueue(operation);
    const { loggedIn, notion } = await startApp({ notion: { revocations: queue, logoutMode: "background" } });
    const client = await loggedIn();
    stuck.value = true;
    await client.post("/logout", json);
    notion.revocations.work();
    await delay(50);
    const started = performance.now();
    await notion.close({ timeout: 100 });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

test("a revocation that is given up at once is told as failed", async () => {
  const { loggedIn, emulator, notion } = await startApp({
    notion: { revocations: memoryQueue(), logoutTimeout: 100, retry: { maxAge: 50 } },
  });
  const client = await loggedIn();
  emulator.fault("revoke", { hang: true });
  expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "failed", tokens: 2 });
  const [failed] = await notion.revocations.failed();
  emulator.clearFaults();
  expect(await notion.revocations.retry(failed?.id ?? "")).toBe(true);
  await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
});

test("what was confirmed already is not asked for again", async () => {
  const { loggedIn, emulator } = await startApp({ emulator: { behaviour: { revokeKillsRefreshToken: false } } });
  const client = await loggedIn();
  const [dead, left] = emulator.activeTokens().map(({ value }) => value);
  emulator.fault("revoke", { status: 503, times: 1, when: ({ token }) => token === left });
  expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "queued" });
  await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  expect(emulator.count("revoke", ({ token }) => token === dead)).toBe(1);
  expect(emulator.count("revoke", ({ token }) => token === left)).toBe(2);
});

describe("revokeOnLogout: false leaves the tokens alone also when", () => {
  const wayOut = (queue: RevocationQueue) =>
    startApp({
      emulator: { behaviour: { refreshKillsAccessToken: false } },
      session: { cookie: { maxAge: 2100 } },
      notion: { revocations: queue, revokeOnLogout: false },
      routes: (app) =>
        void app.get("/refresh", (req, res, next) => {
          req.notion.refresh().then(() => res.end(), next);
        }),
    });

  test("the queue was down at the login", async () => {
    const { queue, broken } = fickleQueue();
    const { client, logIn, emulator } = await wayOut(queue);
    const browser = client();
    broken.value = true;
    await logIn(browser);
    broken.value = false;
    await browser.post("/logout", json);
    await delay(3300);
    expect(emulator.activeTokens()).toHaveLength(2);
  });

  test("they were refreshed on demand", async () => {
    const { loggedIn, emulator } = await wayOut(memoryQueue());
    const client = await loggedIn();
    expect((await client.get("/refresh")).status).toBe(200);
    await client.post("/logout", json);
    await delay(3300);
    expect(emulator.count("revoke")).toBe(0);
  });
});

describe("the same token again", () => {
  test("a queued revocation is called off by a login that gets the same token", async () => {
    const { client, logIn, emulator, notion } = await startApp({
      // Far apart, so that the worker does not hold the job at the moment of the login.
      notion: { retry: { minDelay: 600_000 } },
      emulator: { behaviour: { reauthorize: "same_token" } },
    });
    const browser = client();
    await logIn(browser);
    const before = emulator.activeTokens().map(({ value }) => value);
    emulator.fault("revoke", { status: 503 });
    expect((await browser.post("/logout", json)).json()).toMatchObject({ revocation: "queued" });
    await logIn(browser);
    expect(emulator.activeTokens().map(({ value }) => value)).toEqual(before);
    expect(await notion.revocations.pending()).toEqual([]);
    emulator.clearFaults();
    await delay(400);
    expect((await browser.get("/me", json)).status).toBe(200);
  });

  test("a re-login of a live session that gets the same token does not kill it", async () => {
    const { client, logIn, emulator } = await startApp({ emulator: { behaviour: { reauthorize: "same_token" } } });
    const browser = client();
    await logIn(browser);
    await logIn(browser);
    await delay(200);
    expect((await browser.get("/me", json)).status).toBe(200);
    expect(emulator.count("revoke")).toBe(0);
    expect((await browser.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("a job that runs at that very moment leaves a clean reconnect, and no loop", async () => {
    const { client, logIn, emulator } = await startApp({
      notion: { logoutMode: "background" },
      emulator: { behaviour: { reauthorize: "same_token" } },
    });
    const browser = client();
    await logIn(browser);
    emulator.fault("revoke", { delay: 200 });
    await browser.post("/logout", json);
    await logIn(browser);
    await eventually(() => emulator.activeTokens().length === 0, "the job has run");
    const first = await browser.get("/me", json);
    expect(first.status).toBe(401);
    expect((await browser.get("/me")).location).toBe("/login?returnTo=%2Fme");
    emulator.clearFaults();
    await logIn(browser);
    expect((await browser.get("/me", json)).status).toBe(200);
  });
});

describe("operators", () => {
  test("see what waits without secrets, and may try again at once", async () => {
    const { loggedIn, emulator, notion } = await startApp({
      notion: { retry: { minDelay: 50_000, maxDelay: 100_000 } },
    });
    const client = await loggedIn();
    emulator.fault("revoke", { status: 503, times: 2 });
    await client.post("/logout", json);
    const [job] = await notion.revocations.pending();
    expect(job).toMatchObject({
      kind: "revoke",
      attempts: 1,
      cause: "notion_unavailable",
      id: expect.stringMatching(/^r-[\w-]{43}$/),
    });
    expect(job).not.toHaveProperty("sealed");
    expect(await notion.revocations.retry("r-unknown")).toBe(false);
    expect(await notion.revocations.retry(job?.id ?? "")).toBe(true);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await notion.revocations.pending()).length === 0, "nothing waits");
  });

  test("a job that is tried again begins anew: one more failure does not give it up at once", async () => {
    const { loggedIn, emulator, notion } = await startApp({
      notion: { retry: { minDelay: 10, maxDelay: 20, maxAge: 1000 } },
    });
    const client = await loggedIn();
    emulator.fault("revoke", { status: 503 });
    await client.post("/logout", json);
    await eventually(async () => (await notion.revocations.failed()).length === 1, "the job was given up");
    emulator.clearFaults();
    emulator.fault("revoke", { status: 503, times: 2 });
    const [job] = await notion.revocations.failed();
    expect(await notion.revocations.retry(job?.id ?? "")).toBe(true);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("a job that is older than maxAge is kept as failed, reported, and can be tried again", async () => {
    const { loggedIn, emulator, notion, events } = await startApp({
      notion: { retry: { minDelay: 10, maxDelay: 20, maxAge: 150 } },
    });
    const client = await loggedIn();
    emulator.down();
    await client.post("/logout", json);
    await eventually(async () => (await notion.revocations.failed()).length === 1, "the job was given up");
    expect(events.filter(({ name }) => name === "revocation.failed")).toMatchObject([
      { payload: { cause: "notion_unreachable" } },
    ]);
    expect(await notion.revocations.pending()).toEqual([]);
    emulator.up();
    const [job] = await notion.revocations.failed();
    expect(job?.failedAt).toBeTypeOf("number");
    expect(await notion.revocations.retry(job?.id ?? "")).toBe(true);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    expect(await notion.revocations.failed()).toEqual([]);
  });

  test("wrong client credentials are loud and slow, and delivered after they were corrected", async () => {
    const errors: string[] = [];
    const quiet = () => {};
    let secret = "emulated-secret";
    const { loggedIn, emulator, notion } = await startApp({
      notion: {
        clientSecret: async () => secret,
        secret: "sealing secret",
        retry: { minDelay: 1, maxDelay: 300 },
        logger: { debug: quiet, info: quiet, warn: quiet, error: (message) => void errors.push(message) },
      },
    });
    const client = await loggedIn();
    emulator.setClientSecret("emulated-client", "rotated-secret");
    expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "queued" });
    expect(errors.join()).toContain("client credentials");
    await delay(1000);
    expect(emulator.count("revoke")).toBeLessThanOrEqual(10);
    expect(await notion.revocations.failed()).toEqual([]);
    secret = "rotated-secret";
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("a job sealed with a secret that is not known is set aside and reported, and the others go on", async () => {
    const queue = memoryQueue();
    const old = await startApp({ notion: { revocations: queue, secret: "old" } });
    const client = await old.loggedIn();
    old.emulator.fault("revoke", { status: 503 });
    await client.post("/logout", json);
    await old.notion.close();
    const fresh = await startApp({ emulator: old.emulator, notion: { revocations: queue, secret: "new" } });
    await eventually(async () => (await fresh.notion.revocations.failed()).length === 1, "the job was set aside");
    expect((await fresh.notion.revocations.failed())[0]).toMatchObject({ cause: "unsealable" });
    old.emulator.clearFaults();
    const other = await fresh.loggedIn();
    expect((await other.post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
  });

  test("after a rotation of the secret, what was sealed before is revoked", async () => {
    const queue = memoryQueue();
    const old = await startApp({
      notion: { revocations: queue, secret: "old", retry: { minDelay: 20, maxDelay: 20 } },
    });
    const client = await old.loggedIn();
    old.emulator.fault("revoke", { status: 503 });
    await client.post("/logout", json);
    await old.notion.close();
    old.emulator.clearFaults();
    await startApp({ emulator: old.emulator, notion: { revocations: queue, secret: ["new", "old"] } });
    await eventually(() => old.emulator.activeTokens().length === 0, "the tokens are dead");
  });
});

test("of many logouts in the background a bounded number is tried at once", async () => {
  const { client, emulator } = await startApp({
    notion: { logoutMode: "background" },
    routes: (_app, notion) => void notion.logout({ tokens: () => tokens }),
  });
  const tokens = Array.from({ length: 100 }, () => emulator.issue().access_token);
  const hanging = emulator.fault("revoke", { hang: true });
  expect((await client().post("/logout", json)).json()).toMatchObject({ revocation: "queued", tokens: 100 });
  await eventually(() => hanging.hits >= 64, "the first are under way");
  await delay(200);
  expect(hanging.hits).toBe(64);
});

test("close() waits for what the worker has begun", async () => {
  const queue = memoryQueue();
  const { loggedIn, emulator, notion } = await startApp({ notion: { revocations: queue } });
  const client = await loggedIn();
  emulator.fault("revoke", { status: 503, times: 2 });
  expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "queued" });
  const slow = emulator.fault("revoke", { delay: 500 });
  await eventually(() => slow.hits === 2, "the worker tries again");
  await notion.close();
  expect(emulator.activeTokens()).toEqual([]);
  expect(await queue.list("waiting")).toEqual([]);
});

test("close() gives back what the worker cannot finish in time: due at once, and no failure of the job", async () => {
  const queue = memoryQueue();
  const { loggedIn, emulator, notion } = await startApp({ notion: { revocations: queue } });
  const client = await loggedIn();
  emulator.fault("revoke", { status: 503, times: 2 });
  await client.post("/logout", json);
  const hanging = emulator.fault("revoke", { hang: true });
  await eventually(() => hanging.hits === 2, "the worker tries again");
  await notion.close({ timeout: 50 });
  const [job] = (await queue.list("waiting")).filter(({ kind }) => kind === "revoke");
  expect(job).toMatchObject({ attempts: 1, cause: "notion_unavailable" });
  expect(job?.dueAt).toBeLessThanOrEqual(Date.now());
});

test("close() takes no more jobs, and gives back what does not finish", async () => {
  const queue = memoryQueue();
  const { loggedIn, emulator, notion } = await startApp({
    notion: { revocations: queue, logoutMode: "background", timeout: 5000 },
  });
  const client = await loggedIn();
  emulator.fault("revoke", { hang: true });
  await client.post("/logout", json);
  const started = performance.now();
  await notion.close({ timeout: 200 });
  // Far from the 5000 ms that the call itself may take.
  expect(performance.now() - started).toBeLessThan(4000);
  expect((await queue.list("waiting")).filter(({ kind }) => kind === "revoke")).toHaveLength(1);
});
