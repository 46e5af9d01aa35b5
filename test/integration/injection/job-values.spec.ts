import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { MINUTE, SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { Crew, WITHIN } from './crew.js';
import { Reads } from './reads.js';
import { isReported, JOB_ROWS, RECORD_PARTS, VALUES } from './rows.js';
import { startSite, type Site } from './site.js';

/** One bad value of one job. */
interface Cell {
  readonly job: string;
  readonly key: 'job' | 'runs' | 'index' | 'unfinished';
  readonly field: string;
  readonly commands: (tick: number) => readonly (readonly (string | number)[])[];
  readonly isReported: boolean;
  /** Takes the value back, where the job cannot start until then. */
  readonly correct?: readonly string[];
}

/** Jobs beside one healthy one. */
const GROUP = 40;
const PREFIX = '{scheduler:job-values:leader}';

function cellsOf(): Cell[] {
  const cells: Omit<Cell, 'job'>[] = [];
  // `#` stands for the job, `T` for a tick that will be due after the change of leader.
  for (const row of JOB_ROWS.filter(({ instead }) => instead === undefined))
    for (const [name, value] of VALUES) {
      if (row.sound?.includes(name) === true && row.key === 'index') continue;
      const stops = row.stops?.includes(name) === true;
      cells.push({
        key: row.key as Cell['key'],
        field: row.field,
        isReported: isReported(row, name),
        commands: tick => [writeOf(row.key, row.field, value, tick)],
        ...(stops && { correct: ['HDEL', `${PREFIX}:${row.key}:#`, row.field] }),
      });
    }
  for (const part of Object.values(RECORD_PARTS))
    for (const [, value] of VALUES)
      cells.push({
        key: 'runs',
        field: '<slot>',
        isReported: !/^\d{1,16}$/.test(value) || part.includes('released|') || value === '9007199254740992',
        commands: tick => [
          writeOf(
            'runs',
            '<slot>',
            part.replace('%', () => value),
            tick,
          ),
        ],
      });
  for (const score of ['inf', '1e300', '9007199254740992', String(Date.UTC(2100, 0))])
    cells.push({
      key: 'unfinished',
      field: 'T|#',
      isReported: true,
      commands: tick => [
        [
          'HSET',
          `${PREFIX}:runs:#`,
          tick - 12 * SECOND,
          `claimed|r|1|1|${tick - 12 * SECOND}||{"lockMs":2000}`,
        ],
        ['HSET', `${PREFIX}:job:#`, 'lock', tick - 12 * SECOND],
        ['ZADD', `${PREFIX}:unfinished`, score, `${tick - 12 * SECOND}|#`],
      ],
    });
  for (const key of ['job', 'runs', 'index'] as const)
    cells.push({
      key,
      field: '',
      isReported: true,
      commands: () => [
        ['DEL', `${PREFIX}:${key}:#`],
        ['RPUSH', `${PREFIX}:${key}:#`, 'x'],
      ],
      correct: ['DEL', `${PREFIX}:${key}:#`],
    });
  return cells.map((cell, at) => ({ ...cell, job: `bad-${at}` }));
}

function writeOf(key: string, field: string, value: string, tick: number): (string | number)[] {
  if (key === 'index') return ['ZADD', `${PREFIX}:index:#`, scoreOf(value), 'no-slot'];
  return ['HSET', `${PREFIX}:${key}:#`, field === '<slot>' ? tick : field, value];
}

/** A score is a number: other garbage is the name of a member. */
function scoreOf(value: string): string {
  return value !== '' && Number.isFinite(Number(value)) ? value : 'inf';
}

let site: Site;
let crew: Crew;
let reads: Reads;
const cells = cellsOf();
const healthy = cells.flatMap((_, at) => (at % GROUP === 0 ? `healthy-${at / GROUP}` : []));
const jobs = [...cells.map(({ job }) => job), ...healthy];
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

const keyOf = ({ key, job }: Cell) =>
  key === 'unfinished' ? `${PREFIX}:unfinished` : `${PREFIX}:${key}:${job}`;

const describeCells = (failed: readonly Cell[]) =>
  failed.map(cell => `${cell.key} ${cell.field}: ${JSON.stringify(cell.commands(0)).slice(0, 120)}`);

beforeAll(async () => {
  process.on('unhandledRejection', onError);
  site = await startSite();
  crew = await Crew.of(site, 'job-values', 2, jobs, '*/2 * * * * *');
  reads = await Reads.of(site.ports);
});
afterAll(async () => {
  process.off('unhandledRejection', onError);
  reads.close();
  await crew.close();
  await site.dispose();
});

const isRead = (cell: Cell): boolean => {
  const field = /[<#]/.test(cell.field) || cell.key === 'index' ? '' : cell.field;
  return reads.hasRead(keyOf(cell), field);
};

const crewReports = (cell: Cell, tick: number): boolean => {
  const member = `${tick - 12 * SECOND}|${cell.job}`;
  const field = cell.key === 'unfinished' ? member : cell.field === '<slot>' ? String(tick) : cell.field;
  return crew.isReported(keyOf(cell), field, cell.job);
};

describeWithRedis('one bad value of a job', () => {
  it(
    'stops no other job, is reported, and is over when it is corrected',
    async () => {
      await eventually(() => crew.hasStarted(jobs, new Map()), {
        within: MINUTE,
        what: 'all jobs have started',
      });
      const { redis } = crew;
      const tick = Math.ceil(Date.now() / 2000) * 2000 + 10 * SECOND;
      const named = (word: string | number, job: string) => String(word).replace('#', job);
      for (const cell of cells) reads.watch(keyOf(cell));
      // One after the other: long values in one go would hold up the election.
      for (const { commands, job } of cells)
        for (const [name = '', ...args] of commands(tick))
          await redis.call(String(name), ...args.map(word => named(word, job)));
      await crew.changeLeader();
      const before = new Map(crew.counts);

      await eventually(() => crew.hasStarted(healthy, before), {
        ...WITHIN,
        what: 'healthy jobs start again',
      });
      const running = cells.filter(({ correct }) => correct === undefined);
      const stopped = () => running.filter(({ job }) => crew.startsOf(job) < (before.get(job) ?? 0) + 2);
      await eventually(() => stopped().length === 0, WITHIN).catch(() => undefined);
      expect(describeCells(stopped())).toEqual([]);
      await eventually(() => Date.now() > tick + 2 * SECOND, {
        ...WITHIN,
        what: 'the tick that has a record is over',
      });

      // Reasons of pauses are read where they are shown.
      const areRead = async () => {
        await crew.shown();
        return cells.every(isRead);
      };
      await eventually(areRead, WITHIN).catch(() => undefined);
      expect(describeCells(cells.filter(cell => !isRead(cell)))).toEqual([]);
      // Read is not yet answered: the report follows.
      const silent = () => cells.filter(cell => cell.isReported && !crewReports(cell, tick));
      await eventually(() => silent().length === 0, WITHIN).catch(() => undefined);
      expect(describeCells(silent())).toEqual([]);

      const corrected = cells.filter(({ correct }) => correct !== undefined);
      for (const { correct = [], job } of corrected) {
        const [name = '', ...args] = correct;
        await redis.call(name, ...args.map(word => named(word, job)));
      }
      const later = new Map(crew.counts);
      await eventually(() => crew.hasStarted(jobs, later), WITHIN).catch(() => undefined);
      expect(describeCells(cells.filter(({ job }) => !crew.hasStarted([job], later)))).toEqual([]);
      expect(crew.doubles).toEqual([]);
      expect(crew.lost).toEqual([]);
      // A busy machine may be slow to answer, or to connect; no script may fail as a whole because of one job's keys.
      expect(
        crew.outages.filter(cause => !/(gave|was) no answer|was no connection in time/.test(cause)),
      ).toEqual([]);
      expect(errors).toEqual([]);
    },
    2.5 * MINUTE,
  );
});
