import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/emulator/index.js";
import type { Logger } from "../../src/index.js";
import { credentials, delay, eventually, startApp } from "../support/app.js";

/** Bounds in ms, short for the test, and what a busy machine may add to one. */
const TIMEOUT = 250;
const LOGOUT_TIMEOUT = 200;
const SLACK = 10_000;

const json = { accept: "application/json" } as const;
const elsewhere = "http://localhost:9/v1/oauth/revoke";

/** Nothing of these is an answer, whatever the endpoint. */
const faults: readonly [name: string, fault: Fault][] = [
  ["a reset before the answer", { reset: "before" }],
  ["a reset inside the headers", { reset: "in_headers" }],
  ["a reset inside the body", { reset: "in_body" }],
  ["silence", { hang: "before_headers" }],
  ["silence after the headers", { hang: "after_headers" }],
  ["one byte at a time", { status: 200, drip: 40 }],
  ["a slow answer", { status: 200, delay: 1000 }],
  ["100 MB", { size: 100_000_000 }],
  ["an endless body", { endless: true }],
  ["a compressed bomb", { bomb: 10_000_000 }],
  ["301 to another host", { redirect: { location: elsewhere, status: 301 } }],
  ["302 to another path", { redirect: "/elsewhere" }],
  ["303 to another path", { redirect: { location: "/elsewhere", status: 303 } }],
  ["307 to another host", { redirect: { location: elsewhere, status: 307 } }],
  ["308 to itself", { redirect: { location: "/v1/oauth/revoke", status: 308 } }],
  ["202", { status: 202 }],
  ["204", { status: 204 }],
  ["206", { status: 206 }],
  ["HTML", { status: 200, body: "<html>OK</html>" }],
  ["an error object", { status: 200, body: { error: "server_error", error_description: "x" } }],
  ["Notion's error object", { status: 200, body: { object: "error", status: 500, code: "internal_server_error" } }],
  ["broken JSON", { status: 200, body: '{"request_id"' }],
  ["another content type", { status: 200, body: "{}", headers: { "content-type": "text/plain" } }],
  ["401", { status: 401 }],
  ["403", { status: 403 }],
  ["404", { status: 404 }],
  ...[
    "1",
    "0",
    "-1",
    "abc",
    "1e9",
    "99999999999",
    "Wed, 01 Jan 2020 00:00:00 GMT",
    "Fri, 01 Jan 2094 00:00:00 GMT",
  ].map((retryAfter): [string, Fault] => [`429 with Retry-After ${retryAfter}`, { status: 429, retryAfter }]),
  ["429 with Retry-After twice", { status: 429, retryAfter: [1, 99_999] }],
  ["500", { status: 500 }],
  ["502 with HTML", { status: 502, body: "<html>Bad gateway</html>" }],
  ["503", { status: 503 }],
  ["504", { status: 504 }],
  ["529", { status: 529, retryAfter: 1 }],
];

const notion = { timeout: TIMEOUT, logoutTimeout: LOGOUT_TIMEOUT, retry: { minDelay: 10, maxDelay: 100 } } as const;

describe("a login meets", () => {
  test.each([...faults, ["400", { status: 400 }] as const])("%s: it fails, and another one works", async (_, fault) => {
    const { emulator, client, logIn, events } = await startApp({ notion });
    emulator.fault("token", fault);
    const browser = client();
    const login = await browser.get("/login");
    const callback = await emulator.authorize(login.location);
    const started = performance.now();
    const answer = await browser.get(callback, json);
    expect(performance.now() - started).toBeLessThan(TIMEOUT + SLACK);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThanOrEqual(504);
    expect(answer.json()).toEqual({
      error: expect.stringMatching(/^(?:notion_\w+|invalid_client|client_secret_unavailable)$/),
    });
    expect((await browser.get("/state")).json().connected).toBe(false);
    expect(events.filter(({ name }) => name === "login.failed")).toHaveLength(1);
    expect(emulator.count("token")).toBe(1);
    expect(emulator.count("other")).toBe(0);
    emulator.clearFaults();
    expect((await logIn(browser)).status).toBe(303);
    expect((await browser.get("/state")).json().connected).toBe(true);
  });

  test.each<[string, Fault]>([
    ["another content type", { headers: { "content-type": "text/html" } }],
    ["another encoding", { headers: { "content-encoding": "gzip" } }],
    ["201", { status: 201, process: true }],
    ["202", { status: 202, process: true }],
    ["206", { status: 206, process: true }],
    ["a reset inside the body", { reset: "in_body", process: true }],
    ["302", { redirect: { location: "/", status: 302 }, process: true, body: "later" }],
  ])("tokens in an answer with %s: they are revoked", async (_, fault) => {
    const { emulator, client, events } = await startApp({
      notion,
      emulator: { behaviour: { refreshToken: "string" } },
    });
    // Where the body is replaced, it is replaced by tokens that were really issued.
    const issued = fault.body === undefined ? undefined : emulator.issue();
    emulator.fault("token", issued === undefined ? fault : { ...fault, process: false, body: issued });
    const browser = client();
    const callback = await emulator.authorize((await browser.get("/login")).location);
    const answer = await browser.get(callback, json);
    const error = fault.reset === undefined ? "notion_invalid_response" : "notion_unreachable";
    expect([answer.status, answer.json()]).toEqual([502, { error }]);
    expect(emulator.tokens).toHaveLength(2);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(() => events.some(({ name }) => name === "token.revoked"), "the revocation is reported");
    expect((await browser.get("/state")).json().connected).toBe(false);
  });
});

describe("a logout meets", () => {
  test.each(faults)("%s: it is out in time, queued, and dead in the end", async (_, fault) => {
    const { emulator, loggedIn, notion: oauth, events } = await startApp({ notion });
    const browser = await loggedIn();
    const stolen = browser.copy();
    emulator.fault("revoke", fault);
    const started = performance.now();
    const answer = await browser.post("/logout", json);
    expect(performance.now() - started).toBeLessThan(LOGOUT_TIMEOUT + SLACK);
    expect([answer.status, answer.json()]).toEqual([200, { loggedOut: true, revocation: "queued", tokens: 2 }]);
    expect((await stolen.get("/state")).json().connected).toBe(false);
    expect(events.map(({ name }) => name)).not.toContain("token.revoked");
    expect(await oauth.revocations.pending()).toHaveLength(1);
    expect(emulator.activeTokens()).toHaveLength(2);
    emulator.clearFaults();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await oauth.revocations.pending()).length === 0, "the queue is empty");
    // Reported once the vault has said that it is written.
    await eventually(() => events.some(({ name }) => name === "token.revoked"), "the revocation is reported");
    expect(events.filter(({ name }) => name === "token.revoked")).toHaveLength(1);
    expect(emulator.count("other")).toBe(0);
  });

  test.each<[string, Fault]>([
    ["202", { status: 202, process: true }],
    ["204", { status: 204, process: true }],
    ["206", { status: 206, process: true }],
    ["HTML", { body: "<html>", process: true }],
    ["an error object", { body: { error: "server_error" }, process: true }],
    ["a reset after the revocation", { reset: "before", process: true }],
    ["silence after the revocation", { hang: true, process: true }],
  ])("%s, with the tokens dead: only a true confirmation ends the job", async (_, fault) => {
    const { emulator, loggedIn, notion: oauth } = await startApp({ notion });
    const browser = await loggedIn();
    emulator.fault("revoke", fault);
    expect((await browser.post("/logout", json)).json().revocation).toBe("queued");
    expect(emulator.activeTokens()).toHaveLength(0);
    await delay(100);
    expect(await oauth.revocations.pending()).toHaveLength(1);
    emulator.clearFaults();
    await eventually(async () => (await oauth.revocations.pending()).length === 0, "the queue is empty");
  });

  test.each<[string, Fault]>([
    ["an empty body", { body: "", process: true }],
    ["an empty JSON string", { body: '""', process: true }],
    ["an empty object", { body: {}, process: true }],
    ["a reset after the whole answer", { reset: "after" }],
  ])("200 with %s: that is a confirmation", async (_, fault) => {
    const { emulator, loggedIn, notion: oauth } = await startApp({ notion });
    const browser = await loggedIn();
    emulator.fault("revoke", fault);
    expect((await browser.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(await oauth.revocations.pending()).toEqual([]);
  });

  test("400: introspection says what it means", async () => {
    const { emulator, loggedIn, notion: oauth } = await startApp({ notion });
    const alive = await loggedIn();
    emulator.fault("revoke", { status: 400 });
    expect((await alive.post("/logout", json)).json().revocation).toBe("queued");
    emulator.clearFaults();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await oauth.revocations.pending()).length === 0, "the queue is empty");

    const dead = await loggedIn();
    for (const { botId } of emulator.activeTokens()) emulator.endUserDisconnect(botId);
    emulator.fault("revoke", { status: 400, body: "" });
    expect((await dead.post("/logout", json)).json().revocation).toBe("already_invalid");

    emulator.clearFaults();
    const unclear = await loggedIn();
    for (const { botId } of emulator.activeTokens()) emulator.endUserDisconnect(botId);
    emulator.fault("revoke", { status: 400 });
    emulator.fault("introspect", { status: 200, body: { active: "false" } });
    expect((await unclear.post("/logout", json)).json().revocation).toBe("queued");
    emulator.clearFaults("introspect");
    await eventually(async () => (await oauth.revocations.pending()).length === 0, "the queue is empty");
  });

  test.each<[string, Fault]>([
    ["silence", { hang: true }],
    ["silence after the headers", { hang: "after_headers" }],
    ["one byte at a time", { drip: 100 }],
  ])("%s: the answer comes when logoutTimeout is over, however long a call may take", async (_, fault) => {
    const { emulator, loggedIn } = await startApp({ notion: { ...notion, timeout: 60_000 } });
    emulator.fault("revoke", fault);
    const times: number[] = [];
    // A busy machine may come in between: one round that is in time shows that it can be, all of them that it is bounded.
    for (let round = 0; round < 10 && !times.some((time) => time < LOGOUT_TIMEOUT + 200); round += 1) {
      const browser = await loggedIn();
      const started = performance.now();
      await browser.post("/logout", json);
      times.push(performance.now() - started);
    }
    expect(Math.min(...times)).toBeLessThan(LOGOUT_TIMEOUT + 200);
    expect(Math.max(...times)).toBeLessThan(LOGOUT_TIMEOUT + SLACK);
  });

  test("a function for the secret that hangs: out in time, queued, dead once it works", async () => {
    let hangs = false;
    const clientSecret = () => (hangs ? new Promise<string>(() => {}) : credentials.clientSecret);
    const { emulator, loggedIn } = await startApp({
      notion: { ...notion, clientSecret, secret: "a secret that seals" },
    });
    const browser = await loggedIn();
    hangs = true;
    const started = performance.now();
    expect((await browser.post("/logout", json)).json().revocation).toBe("queued");
    expect(performance.now() - started).toBeLessThan(LOGOUT_TIMEOUT + SLACK);
    hangs = false;
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });
});

describe("a refresh meets", () => {
  const unprocessed = faults.filter(([, { size, endless, bomb }]) => size === undefined && !endless && !bomb);
  test.each([...unprocessed, ["400", { status: 400 }] as const])(
    "%s: 503 for now, and nothing is lost",
    async (_, fault) => {
      const { emulator, loggedIn } = await startApp({
        notion,
        routes: (app) =>
          app.post("/refresh", async (req, res, next) => {
            await req.notion.refresh().then(() => res.json({ refreshed: true }), next);
          }),
      });
      const browser = await loggedIn();
      emulator.fault("token", fault);
      const started = performance.now();
      const answer = await browser.post("/refresh", json);
      expect(performance.now() - started).toBeLessThan(TIMEOUT + SLACK);
      expect(answer.status).toBe(503);
      expect((await browser.get("/state")).json().connected).toBe(true);
      expect(emulator.activeTokens()).toHaveLength(2);
      emulator.clearFaults();
      // Notion's answer is listened to for longer than anybody waits.
      await eventually(
        async () => (await browser.post("/refresh", json)).status === 200,
        "the connection is refreshed",
      );
      expect(emulator.count("other")).toBe(0);
    },
  );

  test.each<[string, Fault]>([
    ["202", { status: 202, process: true }],
    ["another content type", { headers: { "content-type": "text/html" } }],
  ])("tokens in an answer with %s: they die, and the user is asked to connect again", async (_, fault) => {
    const { emulator, loggedIn, client } = await startApp({
      notion,
      routes: (app) =>
        app.post("/refresh", async (req, res, next) => {
          await req.notion.refresh().then(() => res.json({ refreshed: true }), next);
        }),
    });
    const browser = await loggedIn();
    emulator.fault("token", { ...fault, times: 1 });
    expect((await browser.post("/refresh", json)).status).toBe(503);
    await eventually(() => emulator.activeTokens().length === 0, "the new tokens are dead");
    expect((await browser.post("/refresh", json)).status).toBe(401);
    expect((await browser.get("/state")).json().connected).toBe(false);
    expect((await client().get("/state")).json().connected).toBe(false);
    expect(emulator.count("token", ({ grantType }) => grantType === "refresh_token")).toBe(1);
  });
});

describe("a guard that introspects meets", () => {
  const cases: readonly [string, Fault][] = [
    ...faults,
    ["400", { status: 400 }],
    ["active as a string", { body: { active: "true" } }],
    ["active as a number", { body: { active: 1 } }],
    ["no active", { body: {} }],
    ["an empty body", { body: "" }],
    ["true alone", { body: "true" }],
  ];
  test.each(cases)("%s: 503, closed, and the session stays", async (_, fault) => {
    const { emulator, loggedIn } = await startApp({
      notion,
      routes: (app, oauth) =>
        app.get("/guarded", oauth.requireActiveToken({ maxAge: 0 }), (_req, res) => void res.json({ passed: true })),
    });
    const browser = await loggedIn();
    emulator.fault("introspect", fault);
    const started = performance.now();
    const answer = await browser.get("/guarded", json);
    expect(performance.now() - started).toBeLessThan(TIMEOUT + SLACK);
    expect([answer.status, answer.json()]).toEqual([503, { error: "introspection_failed" }]);
    expect(emulator.activeTokens()).toHaveLength(2);
    emulator.clearFaults();
    expect((await browser.get("/guarded", json)).json()).toEqual({ passed: true });
  });
});

describe("the queue", () => {
  test("one job that never works does not hold up the others", async () => {
    const { emulator, loggedIn, notion: oauth } = await startApp({ notion });
    const poisoned = await loggedIn();
    const poison = new Set(emulator.activeTokens().map(({ value }) => value));
    emulator.fault("revoke", { status: 500, when: ({ token }) => poison.has(token ?? "") });
    await poisoned.post("/logout", json);
    emulator.down({ status: 503 });
    for (let user = 0; user < 8; user += 1) {
      emulator.up();
      const browser = await loggedIn();
      emulator.down({ status: 503 });
      expect((await browser.post("/logout", json)).json().revocation).toBe("queued");
    }
    emulator.up();
    await eventually(() => emulator.activeTokens().length === 2, "all others are dead");
    expect(emulator.activeTokens().every(({ value }) => poison.has(value))).toBe(true);
    await eventually(async () => (await oauth.revocations.pending()).length === 1, "one job is left");
    expect((await oauth.revocations.pending())[0]?.attempts).toBeGreaterThan(0);
    emulator.clearFaults();
    await eventually(() => emulator.activeTokens().length === 0, "the last one is dead, too");
  });

  test("300 jobs drain after an outage, a few at a time", async () => {
    const jobs = 300;
    const {
      emulator,
      client,
      notion: oauth,
    } = await startApp({
      notion: { ...notion, logoutMode: "background", retry: { minDelay: 10, maxDelay: 50 } },
      middleware: false,
      routes: (app, given) => {
        app.use(given.middleware());
        app.post(
          "/leave",
          given.logout({
            tokens: (req) => ({
              accessToken: String(req.headers["x-access"]),
              refreshToken: String(req.headers["x-refresh"]),
            }),
          }),
        );
      },
    });
    const issued = Array.from({ length: jobs }, () => emulator.issue());
    emulator.down();
    const browser = client();
    const answers = await Promise.all(
      issued.map(({ access_token, refresh_token }) =>
        browser.post("/leave", { ...json, headers: { "x-access": access_token, "x-refresh": String(refresh_token) } }),
      ),
    );
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]?.json()).toEqual({ loggedOut: true, revocation: "queued", tokens: 2 });
    await delay(200);
    expect(await oauth.revocations.pending()).toHaveLength(jobs);
    // Down is down: while it lasts, there is a probe now and then, not 300 jobs hammering.
    const before = emulator.count("revoke");
    await delay(300);
    expect(emulator.count("revoke") - before).toBeLessThan(80);

    let now = 0;
    let most = 0;
    emulator.fault("revoke", {
      delay: 5,
      when: () => {
        now += 1;
        most = Math.max(most, now);
        return true;
      },
    });
    emulator.on("request", ({ outage }) => {
      if (outage !== true) now -= 1;
    });
    emulator.up();
    await eventually(() => emulator.activeTokens().length === 0, "all tokens are dead");
    await eventually(async () => (await oauth.revocations.pending()).length === 0, "the queue is empty");
    // Eight jobs of two tokens.
    expect(most).toBeLessThanOrEqual(16);
    expect(most).toBeGreaterThan(2);
  });

  test("wrong client credentials are loud, and delivered once they are corrected", async () => {
    let clientSecret: string = credentials.clientSecret;
    const errors: string[] = [];
    const none = () => {};
    const logger: Logger = {
      debug: none,
      info: none,
      warn: none,
      error: (message, fields) => void errors.push(`${message} ${JSON.stringify(fields)}`),
    };
    const {
      emulator,
      loggedIn,
      notion: oauth,
      events,
    } = await startApp({
      notion: { ...notion, clientSecret: async () => clientSecret, secret: "a secret that seals", logger },
    });
    const browser = await loggedIn();
    emulator.setClientSecret(credentials.clientId, "rotated");
    expect((await browser.post("/logout", json)).json().revocation).toBe("queued");
    expect(errors.join("\n")).toMatch(/does not accept the client credentials/);
    expect(errors.join("\n")).not.toContain(clientSecret);
    expect(
      events.some(({ name, payload }) => name === "revocation.retried" && payload.cause === "invalid_client"),
    ).toBe(true);
    clientSecret = "rotated";
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await oauth.revocations.pending()).length === 0, "the queue is empty");
  });

  test("after maxAge a job is kept as failed and reported, and an operator may try again", async () => {
    const {
      emulator,
      loggedIn,
      notion: oauth,
      events,
    } = await startApp({
      notion: { ...notion, retry: { minDelay: 5, maxDelay: 10, maxAge: 100 } },
    });
    const browser = await loggedIn();
    emulator.fault("revoke", { status: 503 });
    await browser.post("/logout", json);
    await eventually(() => events.some(({ name }) => name === "revocation.failed"), "the job is given up");
    const failed = await oauth.revocations.failed();
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ reason: "logged_out", cause: "notion_unavailable", dueIn: null });
    expect(await oauth.revocations.pending()).toEqual([]);
    const attempts = emulator.count("revoke");
    await delay(100);
    expect(emulator.count("revoke")).toBe(attempts);

    emulator.clearFaults();
    expect(await oauth.revocations.retry("unknown")).toBe(false);
    expect(await oauth.revocations.retry(failed[0]?.id ?? "")).toBe(true);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(async () => (await oauth.revocations.failed()).length === 0, "nothing is left");
  });

  test("Retry-After is obeyed", async () => {
    const { emulator, loggedIn, events } = await startApp({
      notion: { ...notion, retry: { minDelay: 10, maxDelay: 60_000 } },
    });
    const browser = await loggedIn();
    emulator.fault("revoke", { status: 429, retryAfter: 1, times: 2 });
    const started = Date.now();
    await browser.post("/logout", json);
    const retried = events.find(({ name }) => name === "revocation.retried");
    expect(Number(retried?.payload.nextAt) - started).toBeGreaterThanOrEqual(1000);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    const times = emulator.requests.filter(({ endpoint }) => endpoint === "revoke").map(({ at }) => at - started);
    expect(times.filter((at) => at < 1000)).toHaveLength(2);
  });
});
