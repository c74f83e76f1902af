import express from "express";
import session from "express-session";
import { expect, test } from "vitest";
import { checkName } from "../../src/options/check-name.js";
import { Client } from "../support/client.js";
import { listen } from "../support/app.js";

test.each(["notion", "notion2", "notionA", "_n", "$", "workspace", "N".repeat(32)])("%s is a name", (name) => {
  expect(checkName(name)).toBe(name);
});

test.each([
  "",
  " notion",
  "notion ",
  "my-notion",
  "my.notion",
  "2notion",
  "nötion",
  "no;tion",
  "no=tion",
  "notion\n",
  "N".repeat(33),
  7,
  null,
  true,
  ["notion"],
])("%j is none", (name) => {
  expect(() => checkName(name)).toThrow(/Option `name`/);
});

test.each(
  "session cookie user body query params url method headers passport logout login logIn id save destroy on pipe __proto__ constructor toString".split(
    " ",
  ),
)("%s is taken", (name) => {
  expect(() => checkName(name)).toThrow(/Option `name` must not be a property/);
});

test("whatever Express, express-session and Node really have on a request or in a session is taken", async () => {
  const app = express();
  const names = new Set<string>();
  const collect = (object: object | null) => {
    for (let one = object; one !== null; one = Object.getPrototypeOf(one))
      for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  };
  app.use(session({ secret: "session secret", resave: false, saveUninitialized: false }), (req, res) => {
    collect(req);
    collect(req.session);
    res.end();
  });
  const { server, origin } = await listen(app);
  await new Client(origin).get("/");
  await new Promise((resolve) => server.close(resolve));
  const free = [...names].filter((name) => {
    try {
      return checkName(name) === name;
    } catch {
      return false;
    }
  });
  // What begins with an underscore is private to its maker, and nobody's name for a connection.
  expect(free.filter((name) => !name.startsWith("_"))).toEqual([]);
});
