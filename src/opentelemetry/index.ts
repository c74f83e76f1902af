/**
 * Spans and metrics. Needs the package `@opentelemetry/api`.
 * @packageDocumentation
 */
export { NotionOAuthInstrumentation, type NotionOAuthInstrumentationConfig } from "./instrumentation.js";
