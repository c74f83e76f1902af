// @ts-check
import { Agent, createServer, request } from "node:http";

/** One address for many processes: each request goes to the next one. In production this is your load balancer. */
export function createFront() {
  // Each request has a connection of its own: one that is kept may be closed by its process just when it is used again.
  const agent = new Agent({ keepAlive: false });
  /** @type {number[]} */
  const targets = [];
  let turn = 0;

  const server = createServer((incoming, outgoing) => {
    const port = targets[turn++ % Math.max(1, targets.length)];
    if (port === undefined) return badGateway(outgoing);
    const { method, url: path, headers } = incoming;
    const forwarded = request({ host: "127.0.0.1", port, method, path, headers, agent }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
      answer.on("error", () => outgoing.destroy());
    });
    forwarded.on("error", () => badGateway(outgoing));
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });

  return {
    server,
    /** @param {number} port */
    add(port) {
      targets.push(port);
    },
    /** @param {number} port */
    remove(port) {
      targets.splice(targets.indexOf(port), 1);
    },
  };
}

/** @param {import("node:http").ServerResponse} outgoing */
function badGateway(outgoing) {
  if (outgoing.headersSent) outgoing.destroy();
  else outgoing.writeHead(502, { "content-type": "text/plain" }).end("No process of the app answers.\n");
}
