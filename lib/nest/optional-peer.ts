import type { ModuleRef } from '@nestjs/core';

import { isMissingPackage } from '../core/errors/missing-package.js';

/**
 * For the `catch` of an optional package's dynamic import: answers `undefined` when the package is not installed, and
 * throws on what else went wrong.
 */
export function unlessMissing(peer: string): (error: unknown) => undefined {
  return error => {
    if (isMissingPackage(error, peer)) return undefined;
    throw error;
  };
}

/** The application's provider of this class, in whatever module; `undefined` when it has none. */
export function findProvider<Service>(
  moduleRef: ModuleRef,
  token: abstract new (...args: never[]) => Service,
): Service | undefined {
  try {
    return moduleRef.get<Service>(token, { strict: false });
  } catch {
    return undefined;
  }
}
