import { optionError } from "../option-error.js";

/** A public connection registered with the emulated Notion. */
export interface EmulatedClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Compared byte by byte. Left out: any http or https URI on the loopback interface is taken. */
  readonly redirectUris?: readonly string[];
  /** The name the consent page shows. */
  readonly name?: string;
}

/** The client of an emulator that was given none: takes any loopback redirect URI. */
export const defaultClient: EmulatedClient = Object.freeze({
  clientId: "emulated-client",
  clientSecret: "emulated-secret",
  name: "Your app",
});

/** The registered clients and their current secrets. */
export interface ClientRegistry {
  all(): EmulatedClient[];
  first(): EmulatedClient;
  find(clientId: string): EmulatedClient | undefined;
  /** @throws TypeError when there is no such client */
  get(clientId: string): EmulatedClient;
  setSecret(clientId: string, clientSecret: string): void;
}

export function createClientRegistry(clients: readonly EmulatedClient[] = [defaultClient]): ClientRegistry {
  const byId = new Map<string, EmulatedClient>();
  for (const client of clients) {
    if (typeof client.clientId !== "string" || client.clientId === "") {
      throw optionError("clients[].clientId", "must be a non-empty string");
    }
    checkSecret(client.clientSecret);
    if (byId.has(client.clientId)) throw optionError("clients[].clientId", "must not appear twice");
    byId.set(client.clientId, { ...client });
  }
  const first = byId.keys().next().value;
  if (first === undefined) throw optionError("clients", "must not be empty");
  const get = (clientId: string): EmulatedClient => {
    const client = byId.get(clientId);
    if (client === undefined) throw optionError("clientId", `${JSON.stringify(clientId)} is not registered`);
    return client;
  };
  return {
    all: () => [...byId.values()],
    first: () => get(first),
    find: (clientId) => byId.get(clientId),
    get,
    setSecret(clientId, clientSecret) {
      checkSecret(clientSecret);
      byId.set(clientId, { ...get(clientId), clientSecret });
    },
  };
}

/** Whether Notion would send a browser to `redirectUri` on behalf of `client`. */
export function allowsRedirectUri(client: EmulatedClient, redirectUri: string): boolean {
  if (client.redirectUris !== undefined) return client.redirectUris.includes(redirectUri);
  if (!URL.canParse(redirectUri)) return false;
  const { protocol, hostname, hash } = new URL(redirectUri);
  return (protocol === "http:" || protocol === "https:") && hash === "" && isLoopbackHost(hostname);
}

/** Whether a URL's host name is the loopback interface. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

function checkSecret(clientSecret: unknown): void {
  if (typeof clientSecret !== "string" || clientSecret === "") {
    throw optionError("clientSecret", "must be a non-empty string");
  }
}
