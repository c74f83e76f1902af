/** Whether an import failed because there is no such package. Bundlers and jest may have made a `require` of it. */
export function isNotInstalled(error: unknown): boolean {
  return /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String((error as { readonly code?: unknown } | undefined)?.code));
}
