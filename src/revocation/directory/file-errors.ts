/** The code of a file system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Undefined when the file is not there (any more); every other error is thrown on. */
export async function unlessMissing<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether the action found its file; every error but `ENOENT` is thrown on. */
export async function foundFile(action: Promise<void>): Promise<boolean> {
  return (await unlessMissing(action.then(() => true))) ?? false;
}
