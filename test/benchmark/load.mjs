import { Agent, request } from "undici";

/**
 * Sends requests, `concurrency` at a time, each as soon as one before it is answered.
 *
 * @param {object} load
 * @param {string} load.origin
 * @param {readonly {path: string, method?: string, cookie?: string}[]} load.requests
 * @param {number} load.concurrency
 * @param {number} [load.timeout] ms after which the client gives a request up
 * @returns per request `{ ms, status, cookie, location, body }` in order, status 0 for what was given up; and the time of the whole in ms
 */
export async function send({ origin, requests, concurrency, timeout }) {
  const dispatcher = new Agent({
    connections: concurrency,
    pipelining: 1,
    ...(timeout !== undefined && { headersTimeout: timeout, bodyTimeout: timeout }),
  });
  const answers = new Array(requests.length);
  let next = 0;

  async function lane() {
    while (next < requests.length) {
      const index = next;
      next += 1;
      const { path, method = "GET", cookie } = requests[index];
      const started = performance.now();
      try {
        const response = await request(origin + path, {
          method,
          dispatcher,
          headers: { accept: "application/json", ...(cookie !== undefined && { cookie }) },
          ...(timeout !== undefined && { signal: AbortSignal.timeout(timeout) }),
        });
        const body = await response.body.text();
        answers[index] = {
          ms: performance.now() - started,
          status: response.statusCode,
          cookie: cookiesOf(response.headers["set-cookie"]),
          location: response.headers.location,
          body,
        };
      } catch {
        answers[index] = {
          ms: performance.now() - started,
          status: 0,
          cookie: undefined,
          location: undefined,
          body: "",
        };
      }
    }
  }

  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  const elapsed = performance.now() - started;
  await dispatcher.destroy();
  return { answers, elapsed };
}

/** All of them, as a browser sends them back. */
function cookiesOf(header) {
  if (header === undefined) return undefined;
  return [header]
    .flat()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}
