import { type Attributes, SpanKind } from "@opentelemetry/api";
import type { CallTrace, NotionOAuthTraceName, NotionOAuthTraces } from "../tracing.js";

/** How the operations of one channel are told. */
export interface Operation<Facts> {
  readonly kind: SpanKind;
  /** Where there is no span that it is a part of, it is measured and gets no span of its own. */
  readonly isPart: boolean;
  /** It belongs to nobody's span. */
  readonly isRoot: boolean;
  /** Name of the histogram, and what it measures. */
  readonly metric: { readonly name: string; readonly description: string };
  spanName(facts: Facts): string;
  /** What is known at its start: on the span and with the measurement. */
  attributes(facts: Facts): Attributes;
  /** What came of it, of few different values: on the span and with the measurement. */
  outcome(facts: Facts): Attributes;
  /** What is on the span only, because it has too many different values. */
  details(facts: Facts): Attributes;
}

const none = () => ({});

/** A call to Notion, by the conventions for HTTP clients. https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span */
function call(operation: "exchange" | "refresh" | "introspect" | "revoke"): Operation<CallTrace> {
  return {
    kind: SpanKind.CLIENT,
    isPart: false,
    isRoot: false,
    metric: { name: "express_notion_oauth.call.duration", description: "Calls to Notion" },
    spanName: ({ method, path }) => `${method} ${path}`,
    attributes({ method, path, baseUrl }) {
      const { hostname, port, protocol } = new URL(baseUrl);
      return {
        "express_notion_oauth.operation": operation,
        "http.request.method": method,
        "url.template": path,
        "server.address": hostname,
        "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
      };
    },
    outcome: ({ status }) => (status === undefined ? {} : { "http.response.status_code": status }),
    details: ({ baseUrl, path, requestId, cfRay }) => ({
      "url.full": baseUrl.replace(/\/$/, "") + path,
      ...(requestId !== undefined && { "express_notion_oauth.request_id": requestId }),
      ...(cfRay !== undefined && { "express_notion_oauth.cf_ray": cfRay }),
    }),
  };
}

/** What each channel becomes. */
export const operations: { readonly [N in NotionOAuthTraceName]: Operation<NotionOAuthTraces[N]> } = {
  exchange: call("exchange"),
  refresh: call("refresh"),
  introspect: call("introspect"),
  revoke: call("revoke"),
  login: {
    kind: SpanKind.INTERNAL,
    isPart: false,
    isRoot: false,
    metric: { name: "express_notion_oauth.login.duration", description: "Logins, from the callback on" },
    spanName: () => "notion login",
    attributes: ({ via }) => ({ "express_notion_oauth.via": via }),
    outcome: none,
    details: ({ connection, botId, workspaceId }) => ({
      ...(connection !== undefined && { "express_notion_oauth.connection": connection }),
      ...(botId !== undefined && { "express_notion_oauth.bot_id": botId }),
      ...(workspaceId !== undefined && { "express_notion_oauth.workspace_id": workspaceId }),
    }),
  },
  logout: {
    kind: SpanKind.INTERNAL,
    isPart: false,
    isRoot: false,
    metric: { name: "express_notion_oauth.logout.duration", description: "Logouts" },
    spanName: () => "notion logout",
    attributes: none,
    outcome: ({ revocation }) => (revocation === undefined ? {} : { "express_notion_oauth.revocation": revocation }),
    details: ({ tokens }) => (tokens === undefined ? {} : { "express_notion_oauth.tokens": tokens }),
  },
  // By the conventions for database clients. https://opentelemetry.io/docs/specs/semconv/db/database-spans/
  vault: {
    kind: SpanKind.CLIENT,
    isPart: true,
    isRoot: false,
    metric: { name: "express_notion_oauth.vault.duration", description: "Calls of the vault" },
    spanName: ({ operation }) => `vault ${operation}`,
    attributes: ({ engine, operation }) => ({
      ...(engine !== undefined && { "db.system.name": engine }),
      "db.operation.name": operation,
    }),
    outcome: none,
    details: none,
  },
  worker: {
    kind: SpanKind.INTERNAL,
    isPart: false,
    isRoot: true,
    metric: { name: "express_notion_oauth.worker.duration", description: "Entries that a worker took and processed" },
    spanName: ({ state }) => `notion worker ${state}`,
    attributes: ({ state }) => ({ "express_notion_oauth.state": state }),
    outcome: ({ revocation }) => (revocation === undefined ? {} : { "express_notion_oauth.revocation": revocation }),
    details: ({ entry }) => ({ "express_notion_oauth.connection": entry }),
  },
};
