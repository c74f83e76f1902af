import { request } from "node:http";

/** How long a person waits for an answer, in ms. */
const PATIENCE = 30_000;

/** As much of a browser as the comparison needs: cookies with their `SameSite`, and the headers that tell where a request comes from. */
export class Browser {
  /** Another process behind the same address may answer the next request. */
  origin;
  #address;
  #cookies = new Map();

  constructor(origin) {
    this.origin = origin;
    this.#address = origin;
  }

  /** Another browser with the cookies that this one has now: whoever kept a copy of them. */
  copy() {
    const copy = new Browser(this.#address);
    copy.#cookies = new Map(this.#cookies);
    return copy;
  }

  get(path, options) {
    return this.#send("GET", path, options);
  }

  post(path, options) {
    return this.#send("POST", path, options);
  }

  /**
   * @param {object} [options]
   * @param {object} [options.form] the body, as a form sends it
   * @param {object} [options.json] the body, as a script sends it
   * @param {string} [options.from] the origin of the page that sends it
   * @returns the answer, with the status 0 where none came
   */
  #send(method, path, { form, json, from = this.#address } = {}) {
    const body = json === undefined ? new URLSearchParams(form).toString() : JSON.stringify(json);
    const isOwn = from === this.#address;
    const cookie = this.#cookiesFor(method, isOwn);
    const headers = {
      accept: json === undefined ? "text/html" : "application/json",
      "sec-fetch-site": isOwn ? "same-origin" : "cross-site",
      "sec-fetch-mode": json === undefined ? "navigate" : "cors",
      ...(json === undefined && { "sec-fetch-dest": "document" }),
      ...(cookie !== "" && { cookie }),
      ...(method === "POST" && {
        origin: from,
        "content-type": json === undefined ? "application/x-www-form-urlencoded" : "application/json",
        "content-length": Buffer.byteLength(body),
      }),
    };
    return new Promise((resolve) => {
      const nobody = { status: 0, location: undefined, text: "" };
      const sent = request(new URL(path, this.origin), { method, headers, agent: false }, (answer) => {
        let text = "";
        this.#keep(answer.headers["set-cookie"] ?? []);
        answer.setEncoding("utf8");
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode, location: answer.headers.location, text }));
        answer.on("error", () => resolve(nobody));
      });
      sent.on("error", () => resolve(nobody));
      sent.setTimeout(PATIENCE, () => sent.destroy());
      sent.end(method === "POST" ? body : undefined);
    });
  }

  #cookiesFor(method, isOwn) {
    return [...this.#cookies]
      .filter(([, { sameSite, expires }]) => {
        if (expires <= Date.now()) return false;
        return isOwn || sameSite === undefined || sameSite === "none" || (sameSite === "lax" && method === "GET");
      })
      .map(([name, { value }]) => `${name}=${value}`)
      .join("; ");
  }

  #keep(headers) {
    for (const header of headers) {
      const [pair, ...attributes] = header.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const told = Object.fromEntries(attributes.map((text) => text.toLowerCase().split("=")));
      const expires = told["max-age"] === undefined ? Date.parse(told.expires) : Date.now() + 1000 * told["max-age"];
      this.#cookies.set(pair.slice(0, at), {
        value: pair.slice(at + 1),
        sameSite: told.samesite,
        expires: Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires,
      });
    }
  }
}
