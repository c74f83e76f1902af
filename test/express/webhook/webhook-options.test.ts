import express from "express";
import { expect, test } from "vitest";
import { createNotionOAuth, OptionError } from "../../../src/index.js";
import { credentials, listen } from "../../support/app.js";
import { catchError } from "../../support/catch-error.js";

const onEvent = () => {};
const verificationToken = "secret_token";

test.each<[string, unknown, string, RegExp]>([
  ["nothing", undefined, "webhook", /`webhook`.*`{ onEvent }`/],
  ["a function", onEvent, "webhook", /`webhook`.*`{ onEvent }`/],
  ["no onEvent", { verificationToken }, "onEvent", /function/],
  ["an onEvent that is no function", { verificationToken, onEvent: "x" }, "onEvent", /function/],
  ["no token, as from an unset variable", { onEvent, verificationToken: undefined }, "verificationToken", /required/],
  ["an empty token", { onEvent, verificationToken: "" }, "verificationToken", /blank/],
  ["a token with a line break", { onEvent, verificationToken: "secret\n" }, "verificationToken", /line breaks/],
  ["an empty list", { onEvent, verificationToken: [] }, "verificationToken", /required/],
  ["a list with a hole", { onEvent, verificationToken: ["a", undefined] }, "verificationToken", /required/],
  ["a number", { onEvent, verificationToken: 5 }, "verificationToken", /string/],
  [
    "a misspelled name",
    { onEvent, verificationTokens: "x" },
    "webhook.verificationTokens",
    /`webhook.verificationToken`/,
  ],
  ["a hook that is none", { onEvent, onVerificationToken: "x" }, "onVerificationToken", /function/],
])("%s: an OptionError that names it", (_, options, option, message) => {
  const error = catchError(() => createNotionOAuth(credentials).webhook(options as never));
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({ option, message: expect.stringMatching(message) });
  expect(String(error)).not.toContain("secret");
});

test("mounted itself, it says so", async () => {
  const app = express();
  app.post("/", createNotionOAuth(credentials).webhook as never);
  const messages: string[] = [];
  app.use(((error: Error, _req, res, _next) => {
    messages.push(error.message);
    res.status(500).end();
  }) as express.ErrorRequestHandler);
  const { server, origin } = await listen(app);
  await fetch(origin, { method: "POST" });
  server.close();
  expect(messages).toEqual(["notion.webhook was mounted itself: mount what notion.webhook() returns."]);
});

test("only a POST is a delivery", async () => {
  const app = express();
  app.set("env", "test");
  app.use("/hook", createNotionOAuth(credentials).webhook({ verificationToken, onEvent }));
  const { server, origin } = await listen(app);
  const answer = await fetch(`${origin}/hook`, { headers: { accept: "application/json" } });
  server.close();
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
});
