/** A browser without the page: keeps cookies, and follows no redirect by itself. */
export function newBrowser(origin, cookies = new Map()) {
  async function visit(target, { method = "GET", headers } = {}) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(new URL(target, origin), {
      method,
      redirect: "manual",
      headers: { accept: "application/json", cookie, ...headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const isOver = attributes.some((one) => /^\s*expires=thu, 01 jan 1970/i.test(one));
      if (isOver) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return {
      status: response.status,
      location: response.headers.get("location") ?? "",
      body: isJson ? JSON.parse(text) : text,
    };
  }
  return { visit, copy: () => newBrowser(origin, new Map(cookies)) };
}
