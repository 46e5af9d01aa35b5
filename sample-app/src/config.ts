import { readFileSync } from 'node:fs';

import { load } from 'js-yaml';

/** Reads the YAML file named by CONFIG_FILE: what ConfigService knows, and ScheduleModule through it. */
export function loadConfig(): Record<string, unknown> {
  const file = process.env['CONFIG_FILE'] ?? 'sample-app/config/app.yaml';
  return load(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
