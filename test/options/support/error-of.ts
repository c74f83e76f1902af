import { expect } from "vitest";
import { createNotionOAuth, type NotionOAuth, OptionError } from "../../../src/index.js";

const good = { clientId: "id", clientSecret: "the-secret-value", redirectUri: "https://app.example.com/auth/callback" };

/** A `createNotionOAuth()` whose options are good but for these changes. */
export function create(changes: object): NotionOAuth {
  return createNotionOAuth({ ...good, ...changes } as never);
}

/** The error that refuses them. It names the option, has its code, and shows no value: neither a changed one nor the client secret. */
export function errorOf(changes: object): OptionError {
  const error = thrownBy(() => create(changes));
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toBeInstanceOf(TypeError);
  const { code, option, message } = error as OptionError;
  expect(code).toBe("ERR_NOTION_OAUTH_OPTION");
  expect(message).toContain(option);
  for (const value of [good.clientSecret, ...strings(changes)]) expect(message).not.toContain(value);
  return error as OptionError;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** All strings in a value that are long enough to be told from the words of a message. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return value.trim().length > 7 ? [value.trim()] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}
