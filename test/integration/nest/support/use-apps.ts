import { afterEach } from '@jest/globals';

import type { ScheduleModuleOptions } from '../../../../lib/index.js';
import { bootApp, type BootedApp } from '../../../support/nest-app.js';

export const RAM: ScheduleModuleOptions = { mode: 'ram' };

/** `bootApp` for one spec file: its applications are closed after each test. Call it at module level. */
export function useApps(): typeof bootApp {
  const apps: BootedApp[] = [];
  afterEach(async () => {
    await Promise.all(apps.splice(0).map(app => app.close()));
  });
  return async (...args) => {
    const app = await bootApp(...args);
    apps.push(app);
    return app;
  };
}
