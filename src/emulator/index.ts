/**
 * A Notion to test against: the consent page, the OAuth endpoints and webhooks, with faults on demand.
 * @packageDocumentation
 */
export { type Behaviour, defaultBehaviour } from "./behaviour.js";
export type { AuthorizationDecision } from "./consent/authorization-request.js";
export { createNotionEmulator } from "./create-notion-emulator.js";
export type { TokenAnswer } from "./endpoints/token-answer.js";
export type { Fault } from "./faults/fault.js";
export type { FaultEndpoint, FaultHandle } from "./faults/fault-registry.js";
export type { EmulatedRequest, EmulatorEndpoint } from "./journal.js";
export type { EmulatorEvents, IssueOptions, NotionEmulator, Outage } from "./notion-emulator.js";
export type { NotionEmulatorOptions } from "./options.js";
export { defaultClient, type EmulatedClient } from "./state/clients.js";
export { defaultUsers, defaultWorkspaces, type EmulatedUser, type EmulatedWorkspace } from "./state/directory.js";
export type { EmulatedToken, TokenEnd, TokenState } from "./state/token-ledger.js";
export type { WebhookEventOptions, WebhookParty } from "./webhooks/webhook-event.js";
export type {
  EmulatedWebhooks,
  SendOptions,
  SubscribeOptions,
  WebhookDelivery,
  WebhookSubscription,
} from "./webhooks/webhooks.js";
