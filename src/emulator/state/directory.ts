import { optionError } from "../option-error.js";

/** A workspace the emulated user can choose on the consent page. */
export interface EmulatedWorkspace {
  readonly id: string;
  readonly name: string | null;
  /** An emoji, an image URL, or `null`. */
  readonly icon: string | null;
}

/** A person who can authorize the app. */
export interface EmulatedUser {
  readonly id: string;
  readonly name: string | null;
  readonly email: string;
  readonly avatarUrl: string | null;
}

/** The workspaces of an emulator that was given none. */
export const defaultWorkspaces: readonly EmulatedWorkspace[] = Object.freeze([
  { id: "6a1f0c7e-52b1-4f0e-9d0c-2f6f3f1f7a01", name: "Acme Studio", icon: "🏗️" },
  { id: "b7d2e9a4-8c3d-4a55-8b19-0f4c2c9d5e02", name: "Home", icon: null },
]);

/** The people of an emulator that was given none. */
export const defaultUsers: readonly EmulatedUser[] = Object.freeze([
  { id: "d40e767c-d7af-4b18-a86d-55c61f1e39a4", name: "Ada Lovelace", email: "ada@example.com", avatarUrl: null },
  { id: "9a3b5ae0-c6e6-482d-b0e1-ed315ee6dc57", name: "Grace Hopper", email: "grace@example.com", avatarUrl: null },
]);

/** Who and what exists in the emulated Notion. */
export interface Directory {
  readonly workspaces: readonly EmulatedWorkspace[];
  readonly users: readonly EmulatedUser[];
  /** By id or name; the first one when nothing is asked for. @throws TypeError when there is no such workspace */
  workspace(idOrName?: string): EmulatedWorkspace;
  /** By id, email or name; the first one when nothing is asked for. @throws TypeError when there is no such user */
  user(idOrNameOrEmail?: string): EmulatedUser;
}

export function createDirectory(
  workspaces: readonly EmulatedWorkspace[] = defaultWorkspaces,
  users: readonly EmulatedUser[] = defaultUsers,
): Directory {
  const [firstWorkspace] = workspaces;
  const [firstUser] = users;
  if (firstWorkspace === undefined) throw optionError("workspaces", "must not be empty");
  if (firstUser === undefined) throw optionError("users", "must not be empty");
  return {
    workspaces,
    users,
    workspace(wanted) {
      if (wanted === undefined) return firstWorkspace;
      const found = workspaces.find(({ id, name }) => id === wanted || name === wanted);
      if (found === undefined) throw optionError("workspace", `${JSON.stringify(wanted)} does not exist`);
      return found;
    },
    user(wanted) {
      if (wanted === undefined) return firstUser;
      const found = users.find(({ id, name, email }) => id === wanted || email === wanted || name === wanted);
      if (found === undefined) throw optionError("user", `${JSON.stringify(wanted)} does not exist`);
      return found;
    },
  };
}
