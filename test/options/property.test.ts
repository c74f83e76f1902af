import { expect, test } from "vitest";
import { create, errorOf } from "./support/error-of.js";

test.each([
  null,
  7,
  "",
  " ",
  "1st",
  "two words",
  "with-hyphen",
  "with.dot",
  "umläut",
  "a;b",
  "a\nb",
  "x".repeat(33),
  {},
  ["notion"],
])("the name %j, which is no name, is refused", (name) => {
  expect(errorOf({ name }).option).toBe("name");
});

test.each(
  `session sessionID sessionStore id cookie cookies signedCookies user account authInfo login logIn logout logOut body query params
   url originalUrl baseUrl path headers method ip ips host hostname protocol secure xhr app res req next route socket connection file files
   passport flash messages save destroy regenerate touch reload isAuthenticated
   get on once emit pipe read destroy constructor __proto__ prototype toString hasOwnProperty valueOf`
    .split(/\s+/)
    .filter((name) => name !== "prototype"),
)("the name %s, which others use, is refused", (name) => {
  const error = errorOf({ name });
  expect(error.option).toBe("name");
  expect(error.message).toContain("use on `req` or the session");
});

test.each(["notion", "notion2", "$notion", "_notion", "adminNotion", "N", "x".repeat(32)])(
  "the name %s is taken",
  (name) => {
    expect(() => create({ name })).not.toThrow();
  },
);
