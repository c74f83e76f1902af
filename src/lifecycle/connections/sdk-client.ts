import { OptionError } from "../../errors.js";
import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import { isNotInstalled } from "../../support/is-not-installed.js";

// biome-ignore lint/suspicious/noTsIgnore: an expected error would be one where the SDK is there
/** @ts-ignore The SDK is an optional peer. This is the `Client` of `@notionhq/client`; without that package, `any`. */
export type SdkClient = import("@notionhq/client").Client;

// biome-ignore lint/suspicious/noTsIgnore: as above
/** @ts-ignore The SDK is an optional peer. These are that client's options without what is given already: `auth`, `baseUrl` and `fetch`. */
export type SdkClientOptions = Omit<
  NonNullable<ConstructorParameters<typeof import("@notionhq/client").Client>[0]>,
  "auth" | "baseUrl" | "fetch"
>;

/** Runs a call with the access token, and once more when that is refused. */
export type WithAccessToken = <T>(fn: (accessToken: string) => Promise<T>) => Promise<T>;

interface Sdk {
  readonly Client?: new (options: Readonly<Record<string, unknown>>) => SdkClient;
  readonly default?: Pick<Sdk, "Client">;
  readonly error?: unknown;
}

/**
 * Notion's own client. Each of its calls takes the token of that moment, so that it refreshes by itself and stops when the connection ends.
 * @throws OptionError when `@notionhq/client` is not installed
 */
export async function sdkClient(
  { baseUrl, notionVersion }: Pick<ResolvedOptions, "baseUrl" | "notionVersion">,
  withAccessToken: WithAccessToken,
  options: SdkClientOptions = {},
): Promise<SdkClient> {
  const { Client, default: sdk, error } = await importSdk();
  const Class = Client ?? sdk?.Client;
  if (Class === undefined) throw missing(error);
  const call = (url: string, init: RequestInit = {}) =>
    withAccessToken((accessToken) => {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${accessToken}`);
      return globalThis.fetch(url, { ...init, headers });
    });
  return new Class({ notionVersion, ...options, baseUrl, fetch: call });
}

// In a `try` of its own: there, bundlers let a package be missing. Named as a string, it is not asked for its types, which may be missing as well.
async function importSdk(): Promise<Sdk> {
  try {
    return (await import("@notionhq/client" as string)) as Sdk;
  } catch (error) {
    return { error };
  }
}

function missing(cause: unknown): OptionError {
  const error = new OptionError("client", "client() needs Notion's SDK: install the package `@notionhq/client`.");
  if (!isNotInstalled(cause) && cause !== undefined) error.cause = cause;
  return error;
}
