import { expect, test } from "vitest";
import { OptionError } from "../../src/errors.js";
import { checkPages } from "../../src/options/check-pages.js";
import { englishTexts } from "../../src/options/page-texts.js";

const check = (pages: unknown) => checkPages(pages as Parameters<typeof checkPages>[0]);

test("nothing is needed: the pages are English, and look as the package has them", () => {
  expect(check({})).toEqual({ locale: "en", texts: englishTexts, render: undefined });
});

test("texts that are given take the place of the English ones, and no others", () => {
  const { texts } = check({ texts: { "logout.title": "Abmelden?" } });
  expect(texts).toEqual({ ...englishTexts, "logout.title": "Abmelden?" });
});

test("the caller's texts are neither written to nor held on to", () => {
  const given: Record<string, string> = { "logout.title": "Abmelden?" };
  const { texts } = check(Object.freeze({ texts: given }));
  given["logout.title"] = "changed";
  expect(texts["logout.title"]).toBe("Abmelden?");
  expect(Object.isFrozen(texts)).toBe(true);
});

test.each([
  ["de", "de"],
  ["DE-at", "de-AT"],
  ["zh-hant-tw", "zh-Hant-TW"],
  ["iw", "he"],
  ["tlh", "tlh"],
])("the language %s is %s", (locale, canonical) => {
  expect(check({ locale }).locale).toBe(canonical);
});

test.each<[string, unknown, string]>([
  ["pages", "de", "must be an object"],
  ["pages", () => "<p>", "must be an object"],
  ["pages.language", { language: "de" }, "Unknown option"],
  ["pages.text", { text: {} }, "Did you mean `pages.texts`?"],
  ["pages.locale", { locale: "" }, 'a language tag such as "de"'],
  ["pages.locale", { locale: "german please" }, 'a language tag such as "de"'],
  ["pages.locale", { locale: "de_DE" }, 'a language tag such as "de"'],
  ["pages.locale", { locale: '"><script>' }, 'a language tag such as "de"'],
  ["pages.locale", { locale: ["de"] }, 'a language tag such as "de"'],
  ["pages.locale", { locale: "x-klingon" }, 'a language tag such as "de"'],
  ["pages.locale", { locale: 7 }, 'a language tag such as "de"'],
  ["pages.locale", { locale: new Intl.Locale("de") }, 'a language tag such as "de"'],
  ["pages.texts", { texts: "Abmelden?" }, '`{ "logout.title": "Abmelden?" }`'],
  ["pages.texts", { texts: () => ({}) }, "must be an object"],
  ["pages.texts.logout.titel", { texts: { "logout.titel": "x" } }, "Did you mean `pages.texts.logout.title`?"],
  ["pages.texts.logoutTitle", { texts: { logoutTitle: "x" } }, "Did you mean `pages.texts.logout.title`?"],
  ["pages.texts.toString", { texts: { toString: "x" } }, "Unknown option"],
  ["pages.texts.0", { texts: ["x"] }, "Unknown option"],
  ["pages.texts.logout.title", { texts: { "logout.title": "" } }, "not blank"],
  ["pages.texts.logout.title", { texts: { "logout.title": " \n" } }, "not blank"],
  ["pages.texts.logout.title", { texts: { "logout.title": undefined } }, "not blank"],
  ["pages.texts.logout.title", { texts: { "logout.title": () => "x" } }, "not blank"],
  ["pages.render", { render: "views/notion.ejs" }, "a function"],
  ["pages.render", { render: null }, "a function"],
])("%s is refused when it is wrong (%j), with what would be right", (option, pages, right) => {
  let error: unknown;
  try {
    check(pages);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({ option, message: expect.stringContaining(right) });
});
