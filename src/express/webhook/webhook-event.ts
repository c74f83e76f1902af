/**
 * An event of Notion's, under Notion's own names. It says that something changed and not what it is now: ask Notion for that.
 * Only `id`, `type` and `workspace_id` are checked. There may be more fields at any time.
 * @see https://developers.notion.com/reference/webhooks-events-delivery
 */
export interface NotionWebhookEvent {
  /** The same in each delivery of the event. */
  readonly id: string;
  /** Such as `page.content_updated`. */
  readonly type: string;
  readonly workspace_id: string;
  /** When it happened, ISO 8601. Events come in any order. */
  readonly timestamp?: string;
  readonly workspace_name?: string | null;
  readonly subscription_id?: string;
  readonly integration_id?: string;
  readonly api_version?: string;
  /** Who made the change. */
  readonly authors?: readonly NotionWebhookParty[];
  /** Who has connected the app and may see what the event is about. */
  readonly accessible_by?: readonly NotionWebhookParty[];
  /** Which try of the delivery this is, 1 to 8. */
  readonly attempt_number?: number;
  /** What it is about, such as a page. */
  readonly entity?: { readonly id: string; readonly type: string };
  /** What happened, as far as Notion tells; its shape depends on `type`. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A person or a bot. */
export interface NotionWebhookParty {
  readonly id: string;
  /** Such as `person` or `bot`. */
  readonly type: string;
}

type Fields = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The JSON object in a body; undefined when there is none. */
export function fieldsIn(body: Uint8Array): Fields | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** The verification token of a handshake; undefined when it is none. */
export function handshakeToken(fields: Fields | undefined): string | undefined {
  const token = fields?.verification_token;
  return isText(token) ? token : undefined;
}

/** The event in a body; undefined when what is needed of it is not there. */
export function eventIn(fields: Fields | undefined): NotionWebhookEvent | undefined {
  const isEvent = isText(fields?.id) && isText(fields.type) && isText(fields.workspace_id);
  return isEvent ? (fields as NotionWebhookEvent) : undefined;
}

/** Visible characters, few enough for a key of the vault. */
function isText(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]{1,180}$/.test(value);
}
