import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { MINUTE } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { Stalls } from '../../support/stalls.js';
import { Crew } from './crew.js';
import { Reads } from './reads.js';
import { fieldOf, keyOf, sharedCells, type Command, type Place, type SharedCell } from './shared-cells.js';
import { IS_CLUSTER, startSite, type Site } from './site.js';

/** Applications side by side, each with cells of its own: one bad value at a time. A Cluster's clients cost more. */
const CREWS = IS_CLUSTER ? 3 : 6;
/** The effect of a value does not depend on the topology: there, each third cell is enough. */
const STEP = IS_CLUSTER ? 3 : 1;
/** A pod that resigned stays away for a ttl: with five pods, another one is there at each change of leader. */
const PODS = 5;
const LEADER = { interval: '300ms', ttl: '3s' };
const TTL_MS = 3000;
/** A busy machine needs this on top of one ttl. */
const SLACK_MS = 9000;
/** A stall of that length, a third of a ttl, costs a lease when others follow on it. */
const STALL_MS = 1000;
const WRITTEN_BY_RENEWALS = ['holder', 'token', 'resigned'];
const HEALTHY = ['healthy', 'other'];

interface Unsettled {
  readonly crew: Crew;
  readonly cell: SharedCell;
  readonly error: unknown;
  readonly stalledMs: number;
}

let site: Site;
let reads: Reads;
let stalls: Stalls;
const crews: Crew[] = [];
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);
const cells = sharedCells().filter((_, at) => at % STEP === 0);

beforeAll(async () => {
  process.on('unhandledRejection', onError);
  site = await startSite();
  for (let crew = 0; crew < CREWS; crew += 1)
    crews.push(await Crew.of(site, `shared-${crew}`, PODS, HEALTHY, '@every 200ms', LEADER));
  reads = await Reads.of(site.ports);
  const [first] = crews;
  stalls = new Stalls(async () => first?.redis.get('a key that is not there'));
}, MINUTE);
afterAll(async () => {
  process.off('unhandledRejection', onError);
  reads.close();
  stalls.close();
  await Promise.all(crews.map(crew => crew.close()));
  await site.dispose();
}, MINUTE);

const waiting = (what: string) => ({ within: TTL_MS + SLACK_MS, every: 20, what });

const placeOf = async ({ keys, redis }: Crew): Promise<Place> => {
  const holder = (await redis.get(keys.lease))?.split('|', 1)[0] ?? '';
  const note = (await redis.hget(keys.candidates, holder)) ?? '';
  return { keys, holder, nowMs: Date.now(), jobSet: keys.jobSet(note.split('|')[2] ?? '', 0) };
};

/** In one go: nothing reads a part of it. */
const send = async ({ redis }: Crew, commands: readonly Command[]) => {
  const together = redis.multi();
  for (const [name = '', ...args] of commands) together.call(String(name), ...args);
  await together.exec();
};

/** Both jobs start twice more. */
const startsAgain = (crew: Crew, what: string) => {
  const before = new Map(HEALTHY.map(job => [job, crew.startsOf(job) + 1]));
  return eventually(() => crew.hasStarted(HEALTHY, before), waiting(what));
};

const run = async (crew: Crew, cell: SharedCell): Promise<void> => {
  await startsAgain(crew, 'the jobs start before');
  await eventually(() => crew.leader, waiting('a pod leads'));
  const place = await placeOf(crew);
  const [since, lost] = [crew.events.length, crew.lost.length];
  reads.watch(keyOf(place, cell.row));
  try {
    await send(crew, cell.write(place));
    await judge(crew, cell, place, since);
    if (!cell.endsTerm && crew.lost.length > lost) throw new Error(`the lease was lost: ${crew.lost.at(-1)}`);
  } finally {
    await send(crew, cell.correct(place));
  }
};

const judge = async (crew: Crew, cell: SharedCell, place: Place, since: number): Promise<void> => {
  const [key, field] = [keyOf(place, cell.row), fieldOf(place, cell.row)];
  const isRead = async () => {
    // Reasons of pauses are read where they are shown.
    if (cell.row.field === 'pausedReason') await crew.shown();
    return reads.hasRead(key, cell.row.field.startsWith('<') ? '' : field);
  };
  // Each renewal writes these anew; the others are left to the next leader.
  if (WRITTEN_BY_RENEWALS.includes(field))
    await eventually(() => crew.isValueReported(key, field, since), waiting('a renewal repairs it'));
  if (!cell.endsTerm) await crew.changeLeader();
  await eventually(isRead, waiting('the value is read'));
  if (cell.stops) await send(crew, cell.correct(place));
  await startsAgain(crew, 'the jobs start again');
  // Of a set only the key is known beforehand.
  const reported = cell.row.field === '<member>' ? undefined : field;
  if (cell.isReported)
    await eventually(() => crew.isValueReported(key, reported, since), waiting('it is reported'));
};

/** A cell that fails while the machine stands still is tried once more, alone: a value has its effect again. */
const settle = async ({ crew, cell, error, stalledMs }: Unsettled): Promise<string[]> => {
  const first = `${cell.name}: ${String(error)}; the longest stall took ${Math.round(stalledMs)} ms`;
  if (stalledMs < STALL_MS) return [first];
  return run(crew, cell).then(
    () => [],
    (again: unknown) => [`${first}; again: ${String(again)}`],
  );
};

describeWithRedis('one bad value that all jobs share', () => {
  it(
    'costs no lease, holds up no job for longer than a ttl, and is reported',
    async () => {
      const unsettled: Unsettled[] = [];
      const runAll = async (crew: Crew, share: readonly SharedCell[]) => {
        for (const cell of share) {
          const startedMono = performance.now();
          await run(crew, cell).catch((error: unknown) =>
            unsettled.push({ crew, cell, error, stalledMs: stalls.longestSince(startedMono - TTL_MS) }),
          );
        }
      };
      const shareOf = (crew: number) => cells.filter((_, at) => at % CREWS === crew);
      await Promise.all(crews.map((crew, at) => runAll(crew, shareOf(at))));
      const failed: string[] = [];
      for (const one of unsettled) failed.push(...(await settle(one)));
      expect(failed).toEqual([]);
      expect(crews.flatMap(({ doubles }) => doubles)).toEqual([]);
      expect(errors).toEqual([]);
    },
    4 * MINUTE,
  );
});
