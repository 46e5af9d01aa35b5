import type { ModuleRef } from '@nestjs/core';

import type { OptionSources } from './core/options.js';

/**
 * What ConfigService of @nestjs/config says of this module: `schedule`, `core.appName` and `core.appVersion`. Nothing, when the
 * package is not installed or the application does not import its ConfigModule.
 */
export async function readConfig(moduleRef: ModuleRef): Promise<NonNullable<OptionSources['config']>> {
  const config = await import('@nestjs/config').catch(unlessMissing);
  const service = config && find(moduleRef, config.ConfigService);
  if (service === undefined) return {};
  return {
    schedule: service.get<unknown>('schedule'),
    appName: service.get<unknown>('core.appName'),
    appVersion: service.get<unknown>('core.appVersion'),
  };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && /Cannot find (package|module) '@nestjs\/config'/.test(error.message))
    return undefined;
  throw error;
}

function find<Service>(moduleRef: ModuleRef, token: new (...args: never[]) => Service): Service | undefined {
  try {
    return moduleRef.get<Service>(token, { strict: false });
  } catch {
    return undefined;
  }
}
