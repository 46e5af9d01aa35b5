import { ConfigModule } from '@nestjs/config';

import { SchedulerRegistry } from '../../../../lib/index.js';
import type { BootedApp } from '../../../support/nest-app.js';

/** The configuration of an application, as by a YAML file that it loads. */
export const configured = (tree: Record<string, unknown>) =>
  ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => tree] });

export const cronJob = (app: BootedApp, name: string) => app.get(SchedulerRegistry).getCronJob(name);
