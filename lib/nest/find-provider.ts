import type { ModuleRef } from '@nestjs/core';

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
