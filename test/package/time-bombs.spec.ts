import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { afterAll, describe, expect, it } from '@jest/globals';

/** A call with a megabyte that takes longer has failed. */
const LIMIT_MS = 5000;
/** Of a megabyte to a tenth of it: 10 is linear. */
const MAX_RATIO = 30;

interface Listing {
  readonly exported: readonly string[];
  readonly subjects: readonly string[];
  readonly excluded: readonly string[];
}

interface Report {
  readonly at: number;
  readonly text: string;
  readonly ratio?: number;
  readonly isDone?: boolean;
}

const start = () =>
  new Worker(join(process.cwd(), 'test/support/time-bombs/worker.mjs'), {
    workerData: { modules: join(process.cwd(), '.build/modules'), maxRatio: MAX_RATIO },
    execArgv: [],
  });
let worker = start();
afterAll(async () => void (await worker.terminate()));

/** Passes the worker's messages to the listener, one after the other, until it answers true. */
const listen = (message: object, isLast: (answer: unknown) => boolean) =>
  new Promise<void>((resolve, reject) => {
    const asked = worker;
    const onMessage = (answer: unknown) => {
      if (isLast(answer)) end(resolve);
    };
    const end = (settle: () => void) => {
      asked.off('message', onMessage).off('error', onError).off('exit', onExit);
      settle();
    };
    const onError = (error: unknown) => end(() => reject(new Error('The worker failed.', { cause: error })));
    const onExit = () => end(resolve);
    asked.on('message', onMessage).on('error', onError).on('exit', onExit);
    asked.postMessage(message);
  });

/** Text by text, from one on; each has its time limit. The number of the text at which the worker was ended, if it was. */
const measure = async (file: string, name: string, from: number, found: string[]) => {
  let limit: NodeJS.Timeout | undefined;
  let ended: number | undefined;
  const giveUp = ({ at, text }: Report) => {
    ended = at;
    found.push(`${text}: no end within ${LIMIT_MS} ms`);
    void worker.terminate();
  };
  await listen({ file, name, from }, answer => {
    clearTimeout(limit);
    const report = answer as Report;
    if (report.isDone === true) return true;
    if (report.ratio === undefined) limit = setTimeout(() => giveUp(report), LIMIT_MS);
    else if (report.ratio > MAX_RATIO)
      found.push(`${report.text}: ${Math.round(report.ratio)} times as long for ten times as much`);
    return false;
  });
  if (ended !== undefined) worker = start();
  return ended;
};

/** The texts whose time is worse than linear; after three such texts no more are tried. */
const bombs = async (file: string, name: string) => {
  const found: string[] = [];
  let from: number | undefined = 0;
  while (from !== undefined && found.length < 3) {
    const ended = await measure(file, name, from, found);
    from = ended === undefined ? undefined : ended + 1;
  }
  return found;
};

/** The answer to a question of this kind. */
const ask = async (kind: 'list' | 'samples') => {
  let answer: unknown;
  await listen({ kind }, given => {
    answer = given;
    return true;
  });
  return answer;
};

const { exported, subjects, excluded } = (await ask('list')) as Listing;

describe('the list of functions that get text from outside', () => {
  const listed = (name: string) => [name, name.split(' ', 1).join()];

  it('has every export of the folders that it covers, or a reason why not', () => {
    // A file of errors is covered by their base.
    const missing = exported.filter(
      name =>
        !name.startsWith('core/errors/errors.js ') &&
        !subjects.includes(name) &&
        !listed(name).some(one => excluded.includes(one)),
    );
    expect(missing).toEqual([]);
  });

  it('has no function that does not exist', () => {
    const known = exported.flatMap(listed);
    expect([...subjects, ...excluded].filter(name => !known.includes(name))).toEqual([]);
    expect(subjects.filter(name => excluded.includes(name))).toEqual([]);
  });
});

describe('the calls of these functions', () => {
  it('read each name in their arguments, and show no bug', async () => {
    expect(await ask('samples')).toEqual({ errors: [], unread: [], needless: [] });
  });
});

describe('no text takes time out of proportion', () => {
  it.each(subjects)(
    '%s',
    async subject => {
      const [file = '', name = ''] = subject.split(' ');
      expect(await bombs(file, name)).toEqual([]);
    },
    120_000,
  );
});
