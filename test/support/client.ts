import * as http from "node:http";

/** What came back, body read. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly location: string;
  json<T = Record<string, unknown>>(): T;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
  /** Default `text/html`. */
  readonly accept?: string;
}

/** An HTTP client with a cookie jar: a browser without the page. Never follows a redirect by itself. */
export class Client {
  readonly origin: string;
  readonly cookies = new Map<string, string>();
  readonly #agent: http.Agent | undefined;

  /** @param agent the way to a server that listens on no port */
  constructor(origin: string, agent?: http.Agent) {
    this.origin = origin;
    this.#agent = agent;
  }

  /** Another client with the same cookies. */
  copy(): Client {
    const copy = new Client(this.origin, this.#agent);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  async get(target: string, options: RequestOptions = {}): Promise<Answer> {
    return this.request(target, options);
  }

  async post(target: string, options: RequestOptions = {}): Promise<Answer> {
    return this.request(target, { method: "POST", ...options });
  }

  async request(target: string, options: RequestOptions = {}): Promise<Answer> {
    const url = new URL(target, this.origin);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const body =
      options.body === undefined
        ? undefined
        : typeof options.body === "string"
          ? options.body
          : JSON.stringify(options.body);
    const headers: Record<string, string> = { accept: options.accept ?? "text/html", ...options.headers };
    if (cookie !== "" && headers.cookie === undefined) headers.cookie = cookie;
    if (body !== undefined) {
      headers["content-length"] = String(Buffer.byteLength(body));
      headers["content-type"] ??=
        typeof options.body === "string" ? "application/x-www-form-urlencoded" : "application/json";
    }
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = http.request(
        url,
        { method: options.method ?? "GET", headers, agent: this.#agent ?? false },
        resolve,
      );
      request.on("error", reject);
      request.end(body);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    this.#store(response.headers["set-cookie"] ?? []);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: text,
      location: response.headers.location ?? "",
      json: <T>() => JSON.parse(text) as T,
    };
  }

  #store(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split(";");
      const equals = pair.indexOf("=");
      const name = pair.slice(0, equals).trim();
      const value = pair.slice(equals + 1).trim();
      const expires = attributes.map((one) => /^\s*expires=(.*)$/i.exec(one)?.[1]).find((one) => one !== undefined);
      const isOver = /;\s*max-age=0/i.test(line) || (expires !== undefined && Date.parse(expires) <= Date.now());
      if (isOver) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}
