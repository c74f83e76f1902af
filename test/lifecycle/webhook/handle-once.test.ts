import { describe, expect, test } from "vitest";
import { memoryVault, type NotionVault } from "../../../src/index.js";
import { credentials, eventually } from "../../support/app.js";
import { gate } from "../../support/gate.js";
import { newVault } from "../../support/new-vault.js";
import { entries, type FaultyVault, faultyVault } from "../../support/vaults.js";
import { deliver, eventBody, startWebhookApp } from "../../support/webhook-app.js";

// Each delivery is a request to one of two processes' worth of createNotionOAuth() on one vault.

/** A vault in which leases of events are this short, in ms. */
function impatient(inner: NotionVault, lease: number): NotionVault {
  return {
    open(clientId) {
      const vault = inner.open(clientId);
      const shorter = <E extends { readonly dueIn: number | null; readonly data: object }>(entry: E): E =>
        "done" in entry.data ? entry : { ...entry, dueIn: lease };
      return {
        ...vault,
        insert: (entry) => vault.insert(shorter(entry)),
        replace: (entry, version) => vault.replace(shorter(entry), version),
      };
    },
  };
}

/** A vault from which no worker takes anything: what is due stays. */
function withoutWorkers(inner: NotionVault): NotionVault {
  return {
    open: (clientId) => ({ ...inner.open(clientId), takeDue: async () => [], nextDueIn: async () => undefined }),
  };
}

const marks = (vault: NotionVault) => entries(vault, "mark");

test("two processes, one event, eight deliveries at once: handled once", async () => {
  const vault = newVault();
  const apps = await Promise.all([1, 2].map(() => startWebhookApp({ notion: { vault } })));
  const body = eventBody({ id: crypto.randomUUID() });
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => deliver(apps[index % 2]!.url, body)));
  expect(apps.flatMap(({ received }) => received)).toHaveLength(1);
  expect(answers.some(({ status }) => status === 200)).toBe(true);
  expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
});

test("while one process is at it, another says when to come again, and afterwards that it is done", async () => {
  const vault = newVault();
  const slow = gate();
  const first = await startWebhookApp({ notion: { vault }, onEvent: () => slow.wait() });
  const second = await startWebhookApp({ notion: { vault } });
  const body = eventBody({ id: crypto.randomUUID() });
  const handling = deliver(first.url, body);
  await slow.reached;
  const early = await deliver(second.url, body);
  expect([early.status, early.body]).toEqual([503, { error: "event_in_progress" }]);
  expect(Number(early.headers.get("retry-after"))).toBeGreaterThan(100);
  expect(Number(early.headers.get("retry-after"))).toBeLessThanOrEqual(120);
  slow.open();
  expect((await handling).status).toBe(200);
  expect((await deliver(second.url, body)).status).toBe(200);
  expect([first.received.length, second.received.length]).toEqual([1, 0]);
});

test("other ids, subscriptions and clients are other events", async () => {
  const vault = memoryVault();
  const { url, received } = await startWebhookApp({ notion: { vault } });
  const other = await startWebhookApp({ notion: { vault, clientId: "other-client" } });
  for (const changes of [{}, { subscription_id: "a" }, { subscription_id: "b" }, { id: "event-2" }])
    await deliver(url, eventBody(changes));
  await deliver(url, eventBody({ attempt_number: 8, timestamp: "later" }));
  await deliver(other.url, eventBody());
  expect([received.length, other.received.length]).toEqual([4, 1]);
});

test("what failed is handled again, and what was done is remembered for days", async () => {
  const vault = newVault();
  let fails = 2;
  const { url, received } = await startWebhookApp({
    notion: { vault },
    onEvent() {
      fails -= 1;
      if (fails >= 0) throw new Error("no");
    },
  });
  const before = new Set((await marks(vault)).map(({ id }) => id));
  const body = eventBody({ id: crypto.randomUUID() });
  expect((await deliver(url, body)).status).toBe(500);
  expect((await marks(vault)).filter(({ id }) => !before.has(id))).toEqual([]);
  const statuses = [];
  for (let index = 0; index < 3; index++) statuses.push((await deliver(url, body)).status);
  expect(statuses).toEqual([500, 200, 200]);
  expect(received).toHaveLength(3);
  const [mark] = (await marks(vault)).filter(({ id }) => !before.has(id));
  expect(mark).toMatchObject({ state: "mark", keys: [], data: { v: 1, done: true } });
  expect(mark!.dueIn).toBeGreaterThan(2 * 86_400_000);
  expect(JSON.stringify(mark)).not.toContain(JSON.parse(body).id);
});

test("an error of Notion's is no answer to Notion: not its status, but a 500", async () => {
  const { url } = await startWebhookApp({
    onEvent: () => Promise.reject(Object.assign(new Error("gone"), { status: 410 })),
  });
  expect((await deliver(url)).status).toBe(500);
});

describe("a lease that is over", () => {
  test.each([
    ["a worker has taken it away", (vault: NotionVault) => vault],
    ["no worker has come by", withoutWorkers],
  ])("lets another process handle the event: %s", async (_, withWorkers) => {
    const inner = memoryVault();
    const vault = withWorkers(impatient(inner, 30));
    const stuck = gate();
    const first = await startWebhookApp({ notion: { vault }, onEvent: () => stuck.wait() });
    const second = await startWebhookApp({ notion: { vault } });
    const late = deliver(first.url);
    await stuck.reached;
    await eventually(async () => (await deliver(second.url)).status === 200, "the next process");
    expect(second.received).toHaveLength(1);
    // Whoever was late has done it as well, and takes nothing back.
    stuck.open();
    expect((await late).status).toBe(200);
    expect(await marks(inner)).toMatchObject([{ data: { done: true } }]);
    expect((await deliver(second.url)).status).toBe(200);
    expect(second.received).toHaveLength(1);
  });

  test("a late failure does not undo what another process has done", async () => {
    const inner = memoryVault();
    const vault = withoutWorkers(impatient(inner, 30));
    const stuck = gate();
    const first = await startWebhookApp({
      notion: { vault },
      async onEvent() {
        await stuck.wait();
        throw new Error("late");
      },
    });
    const second = await startWebhookApp({ notion: { vault } });
    const late = deliver(first.url);
    await stuck.reached;
    await eventually(async () => (await deliver(second.url)).status === 200, "the next process");
    stuck.open();
    expect((await late).status).toBe(500);
    expect((await deliver(second.url)).status).toBe(200);
    expect(second.received).toHaveLength(1);
  });

  test("a late success counts, though another process is at it by then and fails", async () => {
    const inner = memoryVault();
    const vault = withoutWorkers(impatient(inner, 30));
    const [one, two] = [gate(), gate()];
    const first = await startWebhookApp({ notion: { vault }, onEvent: () => one.wait() });
    const second = await startWebhookApp({
      notion: { vault },
      async onEvent() {
        await two.wait();
        throw new Error("no");
      },
    });
    const late = deliver(first.url);
    await one.reached;
    let failing: ReturnType<typeof deliver> | undefined;
    void eventually(async () => {
      failing = deliver(second.url);
      return (await failing).status === 500;
    });
    await two.reached;
    one.open();
    expect((await late).status).toBe(200);
    two.open();
    expect((await failing)?.status).toBe(500);
    expect((await deliver(second.url)).status).toBe(200);
    expect(second.received).toHaveLength(1);
  });
});

describe("a vault that fails", () => {
  async function withFaults(): Promise<{ vault: FaultyVault; app: Awaited<ReturnType<typeof startWebhookApp>> }> {
    const vault = faultyVault(memoryVault());
    const app = await startWebhookApp({ notion: { vault } });
    return { vault, app };
  }
  const isMark = (argument: unknown) => (argument as { state?: unknown }).state === "mark";

  test.each(["reject", "hang"] as const)(
    "at the beginning (%s): 503, nothing is handled, the next delivery is",
    async (fault) => {
      for (const method of ["find", "insert"] as const) {
        const { vault, app } = await withFaults();
        vault.fault = fault;
        vault.failing = (name) => name === method;
        expect(await deliver(app.url)).toMatchObject({
          status: 503,
          body: { error: fault === "hang" ? "vault_timeout" : "vault_unavailable" },
        });
        expect(app.received).toEqual([]);
        vault.failing = undefined;
        expect((await deliver(app.url)).status).toBe(200);
        expect(app.received).toHaveLength(1);
      }
    },
  );

  test("a claim that was given up and happened: it passes with its lease", async () => {
    const inner = memoryVault();
    const vault = faultyVault(impatient(inner, 3500));
    const app = await startWebhookApp({ notion: { vault } });
    vault.fault = "late";
    vault.failing = (method) => method === "insert";
    expect((await deliver(app.url)).status).toBe(503);
    expect(await marks(inner)).toMatchObject([{ data: { v: 1 } }]);
    vault.failing = undefined;
    await eventually(async () => (await deliver(app.url)).status === 200, "the end of the lease");
    expect(app.received).toHaveLength(1);
  });

  test("after the work: it was done, and that is written as soon as the vault is back", async () => {
    const { vault, app } = await withFaults();
    vault.failing = (method) => method === "replace";
    expect((await deliver(app.url)).status).toBe(200);
    expect((await deliver(app.url)).status).toBe(503);
    vault.failing = undefined;
    await eventually(async () => (await deliver(app.url)).status === 200, "the mark");
    expect(app.received).toHaveLength(1);
  });

  test("after the work, and it was written: the same", async () => {
    const { vault, app } = await withFaults();
    vault.fault = "late";
    vault.failing = (method, argument) => method === "replace" && isMark(argument);
    expect((await deliver(app.url)).status).toBe(200);
    vault.failing = undefined;
    expect((await deliver(app.url)).status).toBe(200);
    expect(app.received).toHaveLength(1);
  });

  test("after work that failed: a 500, and the lease lets go of it", async () => {
    const vault = faultyVault(withoutWorkers(impatient(memoryVault(), 200)));
    let fails = true;
    const app = await startWebhookApp({
      notion: { vault },
      onEvent() {
        if (fails) throw new Error("no");
      },
    });
    vault.failing = (method) => method === "erase";
    expect((await deliver(app.url)).status).toBe(500);
    fails = false;
    await eventually(async () => (await deliver(app.url)).status === 200, "the end of the lease");
    expect(app.received).toHaveLength(2);
  });

  test("a mark that nobody can read: 503, and nothing is handled", async () => {
    const inner = memoryVault();
    const app = await startWebhookApp({ notion: { vault: inner } });
    await deliver(app.url);
    const [mark] = await marks(inner);
    const { version, ...rest } = mark!;
    await inner.open(credentials.clientId).replace({ ...rest, data: { v: 2 } }, version);
    expect((await deliver(app.url)).status).toBe(503);
    expect(app.received).toHaveLength(1);
  });
});

test("close() waits for the event that is being handled", async () => {
  const vault = memoryVault();
  const slow = gate();
  const app = await startWebhookApp({ notion: { vault }, onEvent: () => slow.wait() });
  const handling = deliver(app.url);
  await slow.reached;
  let isClosed = false;
  const closing = app.notion.close({ timeout: 60_000 }).then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  slow.open();
  await closing;
  expect(await marks(vault)).toMatchObject([{ data: { done: true } }]);
  expect((await handling).status).toBe(200);
});
