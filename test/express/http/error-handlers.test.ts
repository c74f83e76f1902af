import type { ErrorRequestHandler, Express, Request, Response } from "express";
import { describe, expect, test } from "vitest";
import type { NotionOAuth } from "../../../src/index.js";
import { denied, expressVersions, serve, sessions } from "./support/serve.js";

/** An API's error handler, with a policy as strict as that of Express' own page. */
const own: ErrorRequestHandler = (error, _req, res, _next) => {
  res.setHeader("Content-Security-Policy", "default-src 'none'");
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.status(error.status).send("own answer");
};

describe.each(expressVersions)("under %s", (_, create) => {
  const answerOf = async (build: (app: Express, notion: NotionOAuth) => void, path = denied) => {
    const client = await serve((app, notion) => (app.use(sessions()), build(app, notion)), { create });
    const { status, body } = await client.get(path);
    expect(status).toBe(403);
    return body;
  };

  test("an app without an error handler gets our page", async () => {
    const body = await answerOf((app, notion) => {
      app.use(notion.middleware());
      app.get("/", (_req, res) => void res.end());
    });
    expect(body).toContain("Notion was not connected");
  });

  test("the answer of the app's error handler stays as it is", async () => {
    const client = await serve((app, notion) => void app.use(sessions(), notion.middleware()).use(own), { create });
    const answer = await client.get(denied);
    expect([answer.status, answer.body]).toEqual([403, "own answer"]);
    expect(answer.headers["content-security-policy"]).toBe("default-src 'none'");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["referrer-policy"]).toBe("no-referrer");
  });

  test("one of the router that we are in takes it", async () => {
    const body = await answerOf((app, notion) => {
      const router = create.Router();
      router.use(notion.middleware());
      router.use(own);
      app.use("/", router);
    });
    expect(body).toBe("own answer");
  });

  test("one of the app takes what comes out of a router", async () => {
    const body = await answerOf((app, notion) => {
      const router = create.Router();
      router.get("/callback", notion.callback());
      app.use("/auth/notion", router);
      app.use(own);
    });
    expect(body).toBe("own answer");
  });

  test("one of a single route takes what happens in that route", async () => {
    const body = await answerOf((app, notion) => {
      app.get("/auth/notion/callback", notion.callback(), own);
    });
    expect(body).toBe("own answer");
  });

  test.each(["/sub", "/", ["/sub", "/other"]])(
    "one of the app that ours is mounted in (%j) takes it",
    async (mount) => {
      const path = mount === "/" ? denied : `/sub${denied}`;
      const body = await answerOf((app, notion) => {
        const inner = create();
        inner.use(notion.middleware());
        app.use(mount, inner);
        app.use(own);
      }, path);
      expect(body).toBe("own answer");
    },
  );

  test("one for other paths does not count", async () => {
    const body = await answerOf((app, notion) => {
      app.use(notion.middleware());
      app.use("/api", own);
      const api = create.Router();
      api.get("/x", (_req, res) => void res.end());
      api.use(own);
      app.use("/v1", api);
      app.get("/page", (_req: Request, res: Response) => void res.end(), own);
    });
    expect(body).toContain("Notion was not connected");
  });

  test("one below the path that a router is mounted with counts there only", async () => {
    const build = (app: Express, notion: NotionOAuth) => {
      const router = create.Router();
      router.use(notion.middleware());
      router.use("/auth", own);
      app.use("/in", router);
      app.use("/auth", own);
    };
    expect(await answerOf(build, `/in${denied}`)).toBe("own answer");
    const elsewhere = (app: Express, notion: NotionOAuth) => {
      app.use("/in", notion.middleware());
      app.use("/auth", own);
    };
    expect(await answerOf(elsewhere, `/in${denied}`)).toContain("Notion was not connected");
  });
});
