import { once } from "node:events";
import { parseArgs } from "node:util";
import { type Behaviour, parseBehaviour } from "../emulator/behaviour.js";
import { createNotionEmulator } from "../emulator/create-notion-emulator.js";
import type { NotionEmulator } from "../emulator/notion-emulator.js";
import { defaultClient, type EmulatedClient } from "../emulator/state/clients.js";
import { failureCode } from "../support/failure-code.js";
import { type Command, orUsageError, UsageError } from "./command.js";
import { writeHelp } from "./fit-help.js";

const DEFAULT_PORT = 4040;

const USAGE = `Usage: npx express-notion-oauth emulator [options]

Runs an emulated Notion. Point your app at it with baseUrl, and stop it with Ctrl+C.

Options:
  --port <n>                 port to listen on, 0 for a free one (default ${DEFAULT_PORT})
  --host <address>           address to listen on (default 127.0.0.1)
  --client-id <id>           (default ${defaultClient.clientId})
  --client-secret <secret>   (default ${defaultClient.clientSecret})
  --client-name <name>       name on the consent page
  --redirect-uri <uri>       a redirect URI the client may use; may be repeated (default: any on this machine)
  --behaviour <name=value>   a switch, as in revokeUnknown=400; may be repeated
  --no-control               do not serve the control API under /__emulator/
  --quiet                    do not print requests
  -h, --help                 this text
`;

/** `npx express-notion-oauth emulator`: runs until SIGINT or SIGTERM. */
export const emulatorCommand: Command = async (args) => {
  const flags = parseFlags(args);
  if (flags.help === true) {
    writeHelp(USAGE);
    return 0;
  }
  const port = parsePort(flags.port);
  const emulator = createEmulator(flags);
  if (flags.quiet !== true) {
    emulator.on("request", ({ method, path, status }) => {
      // A path may hold bytes that a terminal takes for commands.
      const printable = path.replace(/[^\x21-\x7e]/g, "?");
      process.stdout.write(`${method} ${printable} ${status === 0 ? "no answer" : status}\n`);
    });
  }
  const url = await emulator.start(port).catch((error: unknown) => {
    const at = `${flags.host ?? "127.0.0.1"}:${port}`;
    throw new Error(
      `Nothing can listen on ${at} (${failureCode(error)}): choose another --port, 0 for a free one, or --host.`,
    );
  });
  process.stdout.write(greeting(url, emulator, flags["no-control"] !== true));
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await emulator.close();
  return 0;
};

function parseFlags(args: readonly string[]) {
  return orUsageError(() =>
    parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: "string" },
        host: { type: "string" },
        "client-id": { type: "string" },
        "client-secret": { type: "string" },
        "client-name": { type: "string" },
        "redirect-uri": { type: "string", multiple: true },
        behaviour: { type: "string", multiple: true },
        "no-control": { type: "boolean" },
        quiet: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  ).values;
}

type Flags = ReturnType<typeof parseFlags>;

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`--port must be a number from 0 to 65535.`);
  return port;
}

function createEmulator(flags: Flags): NotionEmulator {
  const redirectUris = flags["redirect-uri"];
  for (const uri of redirectUris ?? []) {
    if (!URL.canParse(uri)) throw new UsageError(`--redirect-uri ${JSON.stringify(uri)} is not an absolute URI.`);
  }
  const client: EmulatedClient = {
    clientId: flags["client-id"] ?? defaultClient.clientId,
    clientSecret: flags["client-secret"] ?? defaultClient.clientSecret,
    name: flags["client-name"] ?? defaultClient.name ?? "",
    ...(redirectUris === undefined ? {} : { redirectUris }),
  };
  try {
    const behaviour: Partial<Behaviour> = Object.assign({}, ...(flags.behaviour ?? []).map(parseBehaviour));
    return createNotionEmulator({
      clients: [client],
      behaviour,
      control: flags["no-control"] !== true,
      ...(flags.host === undefined ? {} : { host: flags.host }),
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The options cannot be used.");
  }
}

function greeting(url: string, emulator: NotionEmulator, control: boolean): string {
  const [client] = emulator.clients;
  return `Notion emulator on ${url}
  client id      ${client?.clientId}
  client secret  ${client?.clientSecret}
  redirect URIs  ${client?.redirectUris?.join(" ") ?? "any on this machine"}
  control API    ${control ? `${url}/__emulator/state` : "off"}
Ctrl+C stops it.
`;
}
