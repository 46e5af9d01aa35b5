import { GARBAGE } from '../../support/garbage.js';

/*
 * Every field of every key, as the inventory of a full run names it: `<slot>`, `<run>`, `<pod>`, `<handle>`, `<call>` and
 * `<member>` stand for what differs. A new field needs a row here; the test of the inventory says which.
 */

/** One field, or a whole key where the field is empty. */
export interface Row {
  readonly key: string;
  readonly field: string;
  /** Why no bad value of it is put to the test by itself. */
  readonly instead?: string;
  /** Why bad values of it are not reported: whatever stands there is right. */
  readonly isAnyText?: string;
  /** Names of garbage that is a value like others here. */
  readonly sound?: readonly string[];
  /** The job does not start until the value is corrected, by the names of garbage. */
  readonly stops?: readonly string[];
}

const YEAR_2100 = ['2100'];
const SWEPT = 'read when no pod has the job any more: see the contract of removed jobs';
const COUNTED = 'counted by the same function as `started` and `succeeded`';

export const JOB_ROWS: readonly Row[] = [
  { key: 'job', field: 'hwm' },
  { key: 'job', field: 'schedule' },
  { key: 'job', field: 'token' },
  { key: 'job', field: 'lock' },
  { key: 'job', field: 'queued' },
  { key: 'job', field: 'pausedFrom', sound: YEAR_2100 },
  { key: 'job', field: 'pausedUntil', sound: YEAR_2100, stops: YEAR_2100 },
  { key: 'job', field: 'pausedReason', isAnyText: 'a reason is any text' },
  { key: 'job', field: 'order', sound: ['empty'] },
  { key: 'job', field: 'barredAt' },
  { key: 'job', field: 'maxAge', instead: SWEPT },
  { key: 'job', field: 'lastRun' },
  { key: 'job', field: 'lastSuccess' },
  { key: 'job', field: 'lastManual' },
  { key: 'job', field: 'started', sound: ['-1', ...YEAR_2100] },
  { key: 'job', field: 'succeeded', sound: ['-1', ...YEAR_2100] },
  ...['failed', 'timed-out', 'aborted', 'abandoned', 'skipped', 'missed'].map(field => ({
    key: 'job',
    field,
    instead: COUNTED,
  })),
  { key: 'runs', field: '<slot>' },
  { key: 'runs', field: '!<run>', instead: 'only whether it is there counts' },
  {
    key: 'starts',
    field: '<handle>',
    instead: 'a version that was not seen: see the contract of control stores',
  },
  { key: 'index', field: '<slot>', isAnyText: 'what has no record is not shown', sound: ['nan', 'empty'] },
];

/** Parts of a record: `%` is the bad value. */
export const RECORD_PARTS: Readonly<Record<string, string>> = {
  token: 'claimed|r|%|1|1||{}',
  attempt: 'released|r|1|%|1||{}',
  at: 'claimed|r|1|1|%||{}',
};

export const SHARED_ROWS: readonly Row[] = [
  { key: 'lease', field: '' },
  { key: 'fence', field: '', sound: YEAR_2100 },
  { key: 'term', field: 'holder' },
  { key: 'term', field: 'token' },
  { key: 'term', field: 'acquiredAt' },
  { key: 'term', field: 'renewedAt' },
  { key: 'term', field: 'expiresAt' },
  { key: 'term', field: 'resigned' },
  { key: 'term', field: 'presence', isAnyText: 'each renewal and each acquisition writes it anew' },
  { key: 'term', field: 'missingSince', isAnyText: 'each renewal removes it' },
  { key: 'control', field: 'pausedFrom', sound: YEAR_2100 },
  { key: 'control', field: 'pausedUntil', sound: YEAR_2100, stops: YEAR_2100 },
  { key: 'control', field: 'pausedReason', isAnyText: 'a reason is any text' },
  { key: 'control', field: 'orders', sound: YEAR_2100 },
  { key: 'control', field: 'resign', sound: YEAR_2100 },
  { key: 'requests', field: '<handle>' },
  {
    key: 'specs',
    field: '<job>',
    isAnyText: 'each leader writes it anew; who reads it shows what can be read',
  },
  { key: 'pods', field: '<pod>' },
  { key: 'candidates', field: '<pod>' },
  { key: 'candidates', field: '#changes', sound: YEAR_2100 },
  { key: 'candidates', field: '#handOvers', sound: ['empty'] },
  { key: 'candidates', field: '#prober1' },
  { key: 'candidates', field: '#prober2' },
  { key: 'settled', field: '<call>', isAnyText: 'only what a leader has put there is found' },
  { key: 'jobs', field: '<member>', isAnyText: 'any text may be the name of a job' },
  // Scripts remove an entry without a name; a lock of the year 2100 is valid until its job checks it.
  { key: 'unfinished', field: '<member>', sound: ['empty', '-1', ...YEAR_2100] },
  { key: 'removed', field: '<member>', instead: SWEPT },
  { key: 'jobset', field: '' },
];

export const isReported = ({ isAnyText, sound = [] }: Row, value: string): boolean =>
  isAnyText === undefined && !sound.includes(value);

export const VALUES = Object.entries(GARBAGE);
