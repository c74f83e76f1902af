import * as https from "node:https";
import * as net from "node:net";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/app.js";
import { type Certificate, selfSigned } from "../support/certificates.js";
import { clientFor, failureOf, operations, tokenAnswer } from "../support/operations.js";
import { always, startRawServer } from "../support/raw-server.js";

const good = selfSigned("localhost");
const trusting = ({ cert }: Certificate): https.Agent => new https.Agent({ ca: cert, keepAlive: true });

const refused: readonly [name: string, certificate: Certificate, agent: https.Agent | undefined, cause: string][] = [
  ["is self-signed", good, undefined, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["is another's", good, trusting(selfSigned("localhost")), "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ...[selfSigned("api.example.com")].map(
    (other) => ["is for another host", other, trusting(other), "ERR_TLS_CERT_ALTNAME_INVALID"] as const,
  ),
  ...[selfSigned("localhost", { expired: true })].map(
    (old) => ["has expired", old, trusting(old), "CERT_HAS_EXPIRED"] as const,
  ),
].map((row) => [...row] as [string, Certificate, https.Agent | undefined, string]);

describe.concurrent.each(operations)("$name over TLS", ({ run }) => {
  test.each(refused)("sends nothing when the certificate %s", async (_, certificate, agent, cause) => {
    const server = await startRawServer(always(200, tokenAnswer()), certificate);
    const { error } = await failureOf(run(clientFor(server.url, agent === undefined ? {} : { agent })));
    expect(error.code).toBe("notion_unreachable");
    expect(error.sent).toBe(false);
    expect((error.cause as NodeJS.ErrnoException).code).toBe(cause);
    expect(server.requests).toHaveLength(0);
    expect(server.bytes).toBe(0);
    await eventually(() => server.open === 0, "the connection is closed");
  });

  test("works when the certificate is good", async () => {
    const agent = trusting(good);
    const server = await startRawServer(always(200, { ...tokenAnswer(), active: true }), good);
    await run(clientFor(server.url, { agent }));
    expect(server.requests).toHaveLength(1);
    agent.destroy();
  });

  test("a handshake that never ends is not sent and ends in time", async () => {
    const silent = net.createServer((socket) => socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, "localhost", () => resolve()));
    const { port } = silent.address() as net.AddressInfo;
    const { error } = await failureOf(run(clientFor(`https://localhost:${port}`, { timeout: 150 })));
    expect([error.code, error.sent]).toEqual(["notion_timeout", false]);
    await new Promise((resolve) => silent.close(resolve));
  });

  test("a server that speaks plain HTTP gets nothing", async () => {
    const server = await startRawServer(always(200, tokenAnswer()));
    const { error } = await failureOf(run(clientFor(`https://127.0.0.1:${server.port}`, { timeout: 1000 })));
    expect(error.sent).toBe(false);
    expect(server.requests).toHaveLength(0);
  });
});
