import { randomBytes, randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { setTimeout as pauseFor } from "node:timers/promises";
import { optionError } from "../option-error.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import { postSigned, signatureOf } from "./post-signed.js";
import { type WebhookEvent, type WebhookEventOptions, webhookEvent } from "./webhook-event.js";

/** How often Notion delivers an event at the most. */
const ATTEMPTS = 8;
/** The pause before the second attempt, in ms: each further one is twice as long. Notion does not tell its own. */
const PAUSE = 100;

/** An address that events are sent to. */
export interface WebhookSubscription {
  readonly id: string;
  readonly clientId: string;
  readonly url: string;
  /** Signs each delivery; the handshake has brought it to the address. */
  readonly verificationToken: string;
}

/** One POST, and what became of it. */
export interface WebhookDelivery {
  /** 1 for the first one since the start or the last reset. */
  readonly sequence: number;
  /** ms since the epoch, by the emulator's clock */
  readonly at: number;
  readonly subscription: string;
  readonly url: string;
  /** Id of the event; absent for a handshake. */
  readonly event?: string;
  readonly attempt?: number;
  readonly body: string;
  readonly signature: string;
  /** Status of the answer; 0 while there is none, or when there came none. */
  readonly status: number;
  readonly retryAfter?: string;
}

/** How an event is sent. */
export interface SendOptions {
  /** How often at the most, while the answer is no 2xx: 1 to 8. @default 8 */
  readonly attempts?: number;
  /** ms before the next attempt, or a function of the attempt that was made. It may wait for something. @default 100, and twice as long each time */
  readonly pause?: number | ((attempt: number) => number | Promise<number>);
  /** How many deliveries there are of it at once, the last attempt first: duplicates, out of order. @default 1 */
  readonly copies?: number;
}

/** What `subscribe` takes beside the address. */
export interface SubscribeOptions {
  /** Default: a new one. */
  readonly verificationToken?: string;
  /** Whose events. The first client when left out. */
  readonly clientId?: string;
}

/** The webhooks of an emulated Notion. */
export interface EmulatedWebhooks {
  /** Subscribes an address, and sends it the handshake. What it answers is in `deliveries`. @throws TypeError `ERR_EMULATOR_OPTION` */
  subscribe(url: string, options?: SubscribeOptions): Promise<WebhookSubscription>;
  /** Forgets a subscription: nothing is sent to its address any more. */
  unsubscribe(id: string): void;
  /** Sends an event to all subscriptions, again while the answer is no 2xx. @returns the deliveries @throws TypeError `ERR_EMULATOR_OPTION` */
  send(event: WebhookEventOptions, options?: SendOptions): Promise<WebhookDelivery[]>;
  readonly subscriptions: readonly WebhookSubscription[];
  /** The deliveries in order, the last `journalLimit` of them. */
  readonly deliveries: readonly WebhookDelivery[];
}

type MutableDelivery = { -readonly [Key in keyof WebhookDelivery]: WebhookDelivery[Key] };
type Content = Pick<WebhookDelivery, "body"> & Partial<Pick<WebhookDelivery, "event" | "attempt">>;

/** The webhooks, and what ends them with the emulator. */
export interface WebhookSender extends EmulatedWebhooks {
  /** Forgets subscriptions and deliveries, and breaks off what is under way. */
  clear(): void;
}

export function createWebhooks(notion: EmulatedNotion, limit: number): WebhookSender {
  const subscriptions = new Map<string, WebhookSubscription>();
  const deliveries: MutableDelivery[] = [];
  let sequence = 0;
  let closing = newController();

  async function deliver(to: WebhookSubscription, content: Content): Promise<WebhookDelivery> {
    sequence += 1;
    const delivery: MutableDelivery = {
      sequence,
      at: notion.now(),
      subscription: to.id,
      url: to.url,
      ...content,
      signature: signatureOf(content.body, to.verificationToken),
      status: 0,
    };
    if (deliveries.length >= limit) deliveries.splice(0, Math.ceil(limit / 4));
    deliveries.push(delivery);
    return Object.assign(delivery, await postSigned(to.url, content.body, delivery.signature, closing.signal));
  }

  function attemptAt(to: WebhookSubscription, event: WebhookEvent, attempt: number): Promise<WebhookDelivery> {
    const body = JSON.stringify({ ...event, attempt_number: attempt });
    return deliver(to, { event: event.id, attempt, body });
  }

  async function sendTo(
    to: WebhookSubscription,
    event: WebhookEvent,
    { attempts, pause, copies }: Required<SendOptions>,
  ): Promise<WebhookDelivery[]> {
    const { signal } = closing;
    const first = Array.from({ length: copies }, (_, index) => attemptAt(to, event, copies - index));
    const made = await Promise.all(first);
    for (let attempt = copies; attempt < attempts && !made.some(isAccepted); attempt++) {
      const ms = typeof pause === "number" ? pause * 2 ** (attempt - 1) : await pause(attempt);
      await pauseFor(ms, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      made.push(await attemptAt(to, event, attempt + 1));
    }
    return made;
  }

  return {
    async subscribe(url, { verificationToken = `secret_${randomBytes(32).toString("base64url")}`, clientId } = {}) {
      if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw optionError("url", "must be an absolute http(s) URL");
      const { clientId: owner } = clientId === undefined ? notion.clients.first() : notion.clients.get(clientId);
      const subscription: WebhookSubscription = { id: randomUUID(), clientId: owner, url, verificationToken };
      subscriptions.set(subscription.id, subscription);
      await deliver(subscription, { body: JSON.stringify({ verification_token: verificationToken }) });
      return subscription;
    },
    unsubscribe: (id) => void subscriptions.delete(id),
    async send(options, { attempts = ATTEMPTS, pause = PAUSE, copies = 1 } = {}) {
      if (typeof options.type !== "string" || options.type === "") throw optionError("type", "must be a string");
      for (const [name, value] of Object.entries({ attempts, copies }))
        if (!Number.isInteger(value) || value < 1 || value > ATTEMPTS) throw optionError(name, "must be 1 to 8");
      const sent = [...subscriptions.values()].map((to) =>
        sendTo(to, webhookEvent(notion, to, options), { attempts, pause, copies }),
      );
      return (await Promise.all(sent)).flat();
    },
    get subscriptions() {
      return [...subscriptions.values()];
    },
    deliveries,
    clear() {
      closing.abort();
      closing = newController();
      subscriptions.clear();
      deliveries.length = 0;
      sequence = 0;
    },
  };
}

function isAccepted({ status }: WebhookDelivery): boolean {
  return status >= 200 && status < 300;
}

/** Any number of deliveries listen to it. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
