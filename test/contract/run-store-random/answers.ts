import type { RunRecord } from '../../../lib/ports/history-store.js';
import { allUnfinished } from '../../support/all-unfinished.js';
import { MINUTE } from '../../support/durations.js';
import { never, past, type World } from './world.js';

/** All that a store shows of its state. */
export async function everything(world: World): Promise<unknown> {
  const { runs, history } = world.stores;
  const last = (job: string) => [history.last(job, 'run', never), history.last(job, 'success', never)];
  return comparable(
    await Promise.all([
      past(world, { limit: 1000 }),
      allUnfinished(runs, never),
      history.running(never),
      ...last('one'),
      ...last('two'),
    ]),
    world.start,
  );
}

/** Clocks are a little apart: of what is near the present only that is compared. */
export function comparable(answer: unknown, start: number): unknown {
  return JSON.parse(
    JSON.stringify(answer ?? null, (key: string, value: unknown) => {
      // Returned by a store whose clock may be set: here the locks of one run differ by chance.
      if (key === 'isOverlong') return undefined;
      if (typeof value !== 'number') return value;
      const isTime = ['at', 'now', 'waitMs', 'liveMs'].includes(key) || value > start - MINUTE / 2;
      return isTime && value !== 0 && value < start + 30 * MINUTE ? 'about now' : value;
    }),
  );
}

/** Answers that some sequence has to have met. */
export const MET = [
  'claim go',
  'claim mine',
  'claim noted',
  'claim taken',
  'claim fenced',
  'claim paused',
  'claim past',
  'claim early',
  'claim overlap',
  'claim queued',
  'adopt recovered',
  'adopt abandoned',
  'adopt released',
  'adopt left',
  'adopt fenced',
  'finish finished',
  'finish any stale',
  'release released',
  'release any stale',
  'heartbeat kept',
  'heartbeat lost',
  'heartbeat aborted',
  'claim requested go',
  'claim requested mine',
  'claim requested taken',
  'outcome waiting',
  'outcome recorded',
  'outcome gone',
];

export function note(answer: unknown, name: string, seen: Set<string>): void {
  for (const one of [answer].flat() as (string | boolean | { kind?: string } | Partial<RunRecord> | null)[]) {
    const kind =
      typeof one === 'string'
        ? one
        : typeof one === 'object' && one !== null && 'kind' in one
          ? one.kind
          : undefined;
    if (kind !== undefined) seen.add(`${name} ${kind}`);
  }
}
