import type { FoundScheduler } from '../adapters/redis/redis-schedulers.js';
import { isMisspelt, nearestName } from '../core/errors/nearest-name.js';
import { addFormerNames, FORMER_NAMES } from '../deprecated.js'; // until 1.0
import { plain } from './answer.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';

/** There is no scheduler under the key; names those that this Redis has, and the one that may have been meant. */
export class NoSchedulerError extends CliError {
  /** The keys of the other schedulers in this Redis. */
  readonly otherKeys: readonly string[];

  /** @param others `undefined`: they could not be searched */
  constructor(leaderKey: string, others: readonly FoundScheduler[] | undefined) {
    const message = `There is no scheduler under '${leaderKey}'. ${othersText(leaderKey, others)}`;
    const schedulers = (others ?? []).map(toScheduler);
    super('NO_SCHEDULER', EXIT.notFound, message, { leaderKey, schedulers });
    this.otherKeys = schedulers.map(one => one.leaderKey);
  }
}

function othersText(leaderKey: string, others: readonly FoundScheduler[] | undefined): string {
  if (others === undefined) return 'Whether there are others could not be found out: this user may not SCAN';
  if (others.length === 0) return 'No other one is to be seen in this Redis';
  const keys = others.map(one => one.leaderKey);
  const list = others.map(one => `\n  - ${plain(one.leaderKey)}${one.isLed ? '' : ' (no leader)'}`);
  return `${nearest(leaderKey, keys)}There are, for --key:${list.join('')}`;
}

/** Such as `Did you mean --app billing? `. */
function nearest(leaderKey: string, keys: readonly string[]): string {
  const written = nameIn(leaderKey);
  const near = nearestName(written, keys.map(nameIn));
  const meant = keys.find(key => isMisspelt(written, nameIn(key)) || nameIn(key) === near);
  if (meant === undefined) return '';
  const name = nameIn(meant);
  return `Did you mean ${name === meant ? '--key' : '--app'} ${plain(name)}? `;
}

/** The name of the application in a key that was made from it; another key itself. */
function nameIn(leaderKey: string): string {
  return /^scheduler:([^:]+):leader$/.exec(leaderKey)?.[1] ?? leaderKey;
}

function toScheduler({ leaderKey, holder: podId, isLed }: FoundScheduler) {
  const scheduler = { leaderKey, podId, isLed };
  addFormerNames(scheduler, FORMER_NAMES.scheduler); // until 1.0
  return scheduler;
}
