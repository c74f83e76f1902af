import type { Request, RequestHandler } from "express";
import { withoutSlash } from "../options/check-routes.js";
import { lowerAscii } from "../support/ascii.js";
import { type Layer, layersOf, mounted, pathBelow } from "./router-layers.js";

interface Served {
  readonly path: string;
  /** Undefined for all. */
  readonly methods: readonly string[] | undefined;
}

/**
 * Tells a developer at which of our paths the app has a route of its own: whichever was mounted first answers, and the other never does.
 * @param own handlers of ours, which the app may have mounted there itself
 */
export function warnOfShadows(req: Request, all: readonly Served[], own: WeakSet<RequestHandler>): void {
  const { app } = req;
  if (app.get("env") === "production") return;
  const isShadow = ({ methods, stack }: NonNullable<Layer["route"]>, served: Served) =>
    (served.methods ?? Object.keys(methods)).some((method) => methods[lowerAscii(method)] ?? methods._all) &&
    !stack.some(({ handle }) => own.has(mounted(handle)));
  const shadowed = all.filter((served) =>
    routesAt(layersOf(app), served.path.slice(app.path().length)).some((route) => isShadow(route, served)),
  );
  if (shadowed.length === 0) return;
  process.emitWarning(
    `The app has a route of its own at ${shadowed.map(({ path }) => path).join(" and ")}, where notion.middleware() serves one: only the one that was mounted first answers. Move ours with the option \`routes\`, such as \`routes: { login: "/notion/login" }\`, or leave it out with \`false\`.`,
    { code: "NOTION_OAUTH_SHADOWED_ROUTE" },
  );
}

/** The routes with exactly this path, in routers below it too. Patterns are no claim to it: a fallback for all other pages is one. */
function routesAt(stack: readonly Layer[], path: string): NonNullable<Layer["route"]>[] {
  return stack.flatMap((layer) => {
    if (layer.route !== undefined) {
      const paths: unknown[] = [layer.route.path].flat();
      const isHere = (one: unknown) => typeof one === "string" && lowerAscii(withoutSlash(one)) === lowerAscii(path);
      return paths.some(isHere) ? layer.route : [];
    }
    const { stack } = layer.handle;
    const below = stack === undefined ? undefined : pathBelow(layer, path);
    return stack === undefined || below === undefined ? [] : routesAt(stack, below);
  });
}
