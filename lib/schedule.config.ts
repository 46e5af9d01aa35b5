import type { ModuleRef } from '@nestjs/core';

import type { OptionSources } from './core/options.js';
import { findProvider, unlessMissing } from './schedule.peers.js';

/**
 * What ConfigService of @nestjs/config says of this module: `schedule`, `core.appName` and `core.appVersion`. Nothing, when the
 * package is not installed or the application does not import its ConfigModule.
 */
export async function readConfig(moduleRef: ModuleRef): Promise<NonNullable<OptionSources['config']>> {
  const config = await import('@nestjs/config').catch(unlessMissing('@nestjs/config'));
  const service = config && findProvider(moduleRef, config.ConfigService);
  if (service === undefined) return {};
  return {
    schedule: service.get<unknown>('schedule'),
    appName: service.get<unknown>('core.appName'),
    appVersion: service.get<unknown>('core.appVersion'),
  };
}
