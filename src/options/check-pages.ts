import { checkNames } from "./check-names.js";
import { optional, wrong } from "./checks.js";
import type { NotionOAuthOptions, ResolvedOptions } from "./notion-oauth-options.js";
import { englishTexts } from "./page-texts.js";

/** What the package's own pages say, in which language, and by whose template. */
export function checkPages(pages: NonNullable<NotionOAuthOptions["pages"]>): ResolvedOptions["pages"] {
  if (typeof pages !== "object") throw wrong("pages", 'must be an object such as `{ locale: "de" }`');
  checkNames("pages.", pages, ["locale", "texts", "render"]);
  return Object.freeze({
    locale: checkLocale(pages.locale ?? "en"),
    texts: checkTexts(pages.texts ?? {}),
    render: optional("pages.render", pages.render, "function"),
  });
}

function checkLocale(value: unknown): string {
  try {
    // A list of tags is none.
    const [locale] = Intl.getCanonicalLocales(typeof value === "string" ? value : "");
    if (locale !== undefined) return locale;
  } catch {}
  throw wrong("pages.locale", 'must be a language tag such as "de" or "pt-BR" (BCP 47)');
}

function checkTexts(texts: object): ResolvedOptions["pages"]["texts"] {
  if (typeof texts !== "object")
    throw wrong("pages.texts", 'must be an object such as `{ "logout.title": "Abmelden?" }`');
  checkNames("pages.texts.", texts, Object.keys(englishTexts));
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value !== "string" || value.trim() === "")
      throw wrong(`pages.texts.${name}`, "must be a string that is not blank");
  }
  return Object.freeze({ ...englishTexts, ...texts });
}
