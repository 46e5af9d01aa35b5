import type { ModuleRef } from '@nestjs/core';

import type { ConfigReader } from '../core/job/job-definition.js';
import type { OptionSources } from '../core/options/written-options.js';
import { unlessMissing } from '../core/errors/missing-peer.js';
import { findProvider } from './find-provider.js';

/**
 * ConfigService of @nestjs/config; `undefined` when the package is not installed or the application does not import its
 * ConfigModule.
 */
export async function findConfig(moduleRef: ModuleRef): Promise<ConfigReader | undefined> {
  const config = await import('@nestjs/config').catch(unlessMissing('@nestjs/config'));
  const service = config && findProvider(moduleRef, config.ConfigService);
  return service && { get: path => service.get(path) };
}

/**
 * The configuration of this module: `schedule`, `core.appName` and `core.appVersion`; and the sections in which
 * misspelt names of it may stand.
 */
export function optionsIn(config: ConfigReader | undefined): NonNullable<OptionSources['config']> {
  if (config === undefined) return {};
  return {
    schedule: config.get('schedule'),
    appName: config.get('core.appName'),
    appVersion: config.get('core.appVersion'),
    core: config.get('core'),
    scheduler: config.get('scheduler'),
  };
}
