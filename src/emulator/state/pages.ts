import { createHash } from "node:crypto";
import type { EmulatedWorkspace } from "./directory.js";

const PAGES = [
  { title: "Roadmap", icon: "🗺️", edited: "2026-10-30T09:12:00.000Z" },
  { title: "Meeting notes", icon: "📝", edited: "2026-10-28T15:40:00.000Z" },
  { title: "Reading list", icon: "📚", edited: "2026-10-21T18:05:00.000Z" },
  { title: "Onboarding", icon: "👋", edited: "2026-09-14T08:00:00.000Z" },
  { title: "Travel plans", icon: null, edited: "2026-08-02T11:30:00.000Z" },
] as const;

/** A page of an emulated workspace, in the shape `POST /v1/search` returns. */
export type EmulatedPage = ReturnType<typeof page>;

/** The pages of a workspace: always the same ones, with ids of their own in each workspace. */
export function pagesOf(workspace: EmulatedWorkspace, userId: string): EmulatedPage[] {
  return PAGES.map((template) => page(template, workspace, userId));
}

function page(template: (typeof PAGES)[number], workspace: EmulatedWorkspace, userId: string) {
  const id = stableId(`${workspace.id}/${template.title}`);
  const user = { object: "user", id: userId } as const;
  const text = { content: template.title, link: null } as const;
  const annotations = {
    bold: false,
    italic: false,
    strikethrough: false,
    underline: false,
    code: false,
    color: "default",
  } as const;
  const richText = { type: "text", text, annotations, plain_text: template.title, href: null } as const;
  return {
    object: "page",
    id,
    created_time: "2026-07-01T08:00:00.000Z",
    last_edited_time: template.edited,
    created_by: user,
    last_edited_by: user,
    cover: null,
    icon: template.icon === null ? null : { type: "emoji", emoji: template.icon },
    parent: { type: "workspace", workspace: true },
    archived: false,
    is_archived: false,
    in_trash: false,
    is_locked: false,
    properties: { title: { id: "title", type: "title", title: [richText] as const } },
    url: `https://www.notion.so/${template.title.replaceAll(" ", "-")}-${id.replaceAll("-", "")}`,
    public_url: null,
  } as const;
}

/** A UUID that depends on the name alone, so that tests can rely on it. */
function stableId(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
