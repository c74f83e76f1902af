import type { Request } from "express";
import { expect, test } from "vitest";
import { StoreError } from "../../src/errors.js";
import { watchLogIn } from "../../src/passport/watch-log-in.js";
import { block } from "../support/block.js";

type Done = (error?: unknown) => void;
type LogIn = (user: unknown, options: unknown, done?: Done) => void;

function watch(logIn: LogIn, entered: () => Promise<void> = async () => {}) {
  const session = { passport: { user: "1" as string | undefined } };
  const req = { logIn, user: { id: "1" } as object | null, session: session as object | undefined };
  const failures: unknown[] = [];
  const over = watchLogIn(
    req as unknown as Request,
    { entered, failed: async (error) => void failures.push(error) },
    50,
  );
  const run = (options: object = {}) =>
    new Promise<unknown>((resolve) => req.logIn({ id: "1" }, options, (error) => resolve(error)));
  return { req, session, failures, over, run };
}

test("a login that works is handed on once", async () => {
  const { req, failures, run, over } = watch((_user, _options, done) => done?.());
  const before = req.logIn;
  expect(await run()).toBeUndefined();
  await over();
  expect(failures).toEqual([]);
  expect(req.logIn).not.toBe(before);
});

test("a login that fails leaves nobody in the session", async () => {
  const error = new Error("serializeUser");
  const { req, session, failures, run } = watch((_user, _options, done) => done?.(error));
  expect(await run()).toBe(error);
  expect(failures).toEqual([error]);
  expect(req.user).toBeNull();
  expect(session.passport.user).toBeUndefined();
});

test("a login that fails in what comes after Passport's part", async () => {
  const error = new StoreError("store_unavailable");
  const { failures, run } = watch(
    (_user, _options, done) => done?.(),
    async () => {
      throw error;
    },
  );
  expect(await run()).toBe(error);
  expect(failures).toEqual([error]);
});

test("a session store that hangs holds no answer, and does not bring the login back later", async () => {
  let late: Done | undefined;
  const { req, session, failures, run } = watch((_user, _options, done) => {
    late = done;
  });
  expect(await run()).toMatchObject({ code: "session_unavailable", status: 503 });
  late?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(failures).toHaveLength(1);
  expect(session.passport.user).toBeUndefined();
  expect(req.session).toBeUndefined();
});

test("an answer of the session store that came while the process was busy for longer is heard", async () => {
  const { failures, run } = watch((_user, _options, done) => {
    // After the timers of its turn: those of the next one come before what lies in a socket.
    setImmediate(() => {
      setImmediate(() => done?.());
      block(100);
    });
  });
  expect(await run()).toBeUndefined();
  expect(failures).toEqual([]);
});

test("a login that throws at once", async () => {
  const { req, failures } = watch(() => {
    throw new Error("at once");
  });
  expect(() => req.logIn({}, {}, () => {})).toThrow("at once");
  expect(failures).toHaveLength(1);
});

test("without a session there is nothing to watch", async () => {
  const { failures, run } = watch((_user, _options, done) => done?.());
  expect(await run({ session: false })).toBeUndefined();
  expect(failures).toEqual([]);
});
