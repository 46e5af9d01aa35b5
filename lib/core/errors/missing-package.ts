const CODES = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/**
 * Whether an import failed because this very package is not installed. Judged by code and message: what the resolver of
 * a test runner throws may be of another realm, where it is no instance of this realm's Error.
 */
export function isMissingPackage(error: unknown, name: string): boolean {
  if (typeof error !== 'object' || error === null || !('message' in error)) return false;
  const { message } = error;
  const code = 'code' in error ? error.code : undefined;
  const isFitting = code === undefined || (typeof code === 'string' && CODES.includes(code));
  return isFitting && typeof message === 'string' && isSaid(message, name);
}

function isSaid(message: string, name: string): boolean {
  return ['package', 'module'].some(kind => message.startsWith(`Cannot find ${kind} '${name}'`));
}
