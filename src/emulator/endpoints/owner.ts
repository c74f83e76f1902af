import type { Behaviour } from "../behaviour.js";
import type { EmulatedUser } from "../state/directory.js";

/** The `owner` field in the shape the switch asks for. */
export function owner(behaviour: Behaviour, user: EmulatedUser): Readonly<Record<string, unknown>> {
  switch (behaviour.owner) {
    case "workspace":
      return { type: "workspace", workspace: true };
    case "untyped":
      return { workspace: true };
    case "partial_user":
      return { type: "user", user: { object: "user", id: user.id } };
    case "user":
      return {
        type: "user",
        user: {
          object: "user",
          id: user.id,
          name: user.name,
          avatar_url: user.avatarUrl,
          type: "person",
          person: { email: user.email },
        },
      };
  }
}
