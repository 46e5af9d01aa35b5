import { oneLine } from '../core/errors/sanitize.js';
import { formatDuration } from '../core/options/duration.js';
import type { ResolvedOptions } from '../core/options/options.js';
import { VERSION } from '../core/version.js';
import type { StoreFacts } from '../ports/stores.js';

/** The line that says with what the scheduler has started. */
export function startupLine(options: ResolvedOptions, jobCount: number, facts: StoreFacts): string {
  const jobs = `${jobCount} ${jobCount === 1 ? 'job' : 'jobs'}`;
  const parts = options.mode === 'ram' ? ['each replica runs every tick'] : redisParts(options, facts);
  return [`nestjs-leader-schedule ${VERSION} in mode '${options.mode}': ${jobs}`, ...parts].join(', ');
}

function redisParts({ leaderKey, timing, fastTakeover }: ResolvedOptions, facts: StoreFacts): string[] {
  const { server = 'a server that does not give its version', slowTakeover } = facts;
  return [
    `key '${oneLine(leaderKey, 200)}' on ${server}`,
    `interval ${formatDuration(timing.intervalMs)}, ttl ${formatDuration(timing.ttlMs)}`,
    `fast takeover ${takeover(fastTakeover, slowTakeover)}`,
  ];
}

function takeover(isWanted: boolean, reason: string | undefined): string {
  if (!isWanted) return 'off (leader.fastTakeover)';
  return reason === undefined ? 'on' : `off (${oneLine(reason, 200)})`;
}
