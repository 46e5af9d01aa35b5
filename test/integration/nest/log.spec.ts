import { ConsoleLogger, Injectable, type ConsoleLoggerOptions } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
} from '../../../lib/index.js';
import { VERSION } from '../../../lib/core/version.js';
import { eventually } from '../../support/eventually.js';

const YEARLY = '0 0 1 1 *';
const closing: (() => unknown)[] = [];

@Injectable()
class Jobs {
  @LeaderCron(YEARLY, { name: 'works' })
  works() {}
  @LeaderCron(YEARLY, { name: 'fails' })
  fails() {
    throw new RangeError('no paper');
  }
  @LeaderCron(YEARLY, { name: 'throws text' })
  text() {
    throw 'only text'; // oxlint-disable-line no-throw-literal, typescript/only-throw-error
  }
  @LeaderCron(YEARLY, { name: 'retries', retry: { attempts: 2, backoff: '1ms' } })
  retries({ attempt }: { attempt: number }) {
    if (attempt === 1) throw new Error('not yet');
  }
}

/** Boots an application with Nest's own logger, and keeps the lines that this package has it print. */
const boot = async (options: ConsoleLoggerOptions) => {
  const lines: string[] = [];
  const keep = (chunk: unknown) => {
    lines.push(...String(chunk).split('\n').slice(0, -1));
    return true;
  };
  const spies = [process.stdout, process.stderr].map(stream =>
    jest.spyOn(stream, 'write').mockImplementation(keep),
  );
  const module = await Test.createTestingModule({
    imports: [ScheduleModule.forRoot({ mode: 'ram' })],
    providers: [Jobs],
  })
    .setLogger(new ConsoleLogger(options))
    .compile();
  const app = await module.init();
  closing.push(async () => {
    await app.close();
    for (const spy of spies) spy.mockRestore();
  });
  const fire = (job: string) => app.get(SchedulerRegistry).getCronJob(job).fireOnTick();
  const isAtStart = (line: string) => /SIGTERM|nestjs-leader-schedule \d/.test(line);
  const ours = () => lines.filter(line => line.includes('LeaderSchedule') && !isAtStart(line));
  return { app, fire, lines, ours, pod: app.get(LeaderService).podId };
};

afterEach(async () => {
  await Promise.all(closing.splice(0).map(close => close()));
});

describe('the log in text', () => {
  it.each([true, false])('has one line for an event, with the facts in words (colours: %s)', async colors => {
    const { fire, lines, ours, pod } = await boot({ colors });
    await fire('fails');
    await eventually(() => ours().length === 2);
    const [elected = '', failed = ''] = ours();
    expect(elected).toContain(`${pod} leads (token `);
    expect(failed).toMatch(/ERROR.*Job fails failed: tick 20\S+Z, run \S+, pod \S+: no paper/);
    expect(failed).not.toMatch(/\{|Object/);
    const after = lines.slice(lines.indexOf(failed) + 1);
    expect(after[0]).toMatch(/^\s*at .*log\.spec\.ts/);
    expect(after.filter(line => !/^\s*at /.test(line))).toEqual([]);
  });

  it('has no forged line, and none that ends in a blank', async () => {
    const { app, lines, ours } = await boot({ colors: false });
    const forged = '\u001b[2J\u009b1m\u202e\r\n[Nest] 1 - LOG [LeaderSchedule] forged\u2028x';
    app.get(ScheduleService).create('forges', YEARLY, () => {
      throw new Error(forged, { cause: new Error(`${forged}y`) });
    });
    await app.get(SchedulerRegistry).getCronJob('forges').fireOnTick();
    await eventually(() => ours().length === 2);
    expect(lines.filter(line => line.startsWith('[Nest] 1 '))).toEqual([]);
    for (const line of ours()) {
      expect(line).not.toMatch(/\s$/);
      expect(line).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    }
  });

  it('begins with one line that says what has started', async () => {
    const { lines } = await boot({ colors: false });
    const starts = () => lines.filter(line => line.includes(`nestjs-leader-schedule ${VERSION}`));
    await eventually(() => starts().length === 1);
    expect(starts()[0]).toMatch(/in mode 'ram': \d jobs, each replica runs every tick$/);
  });

  it('is quiet while all is well', async () => {
    const { app, fire, ours } = await boot({});
    const { events } = app.get(ScheduleService);
    const ended = firstValueFrom(events.pipe(filter(event => event.type === 'job.succeeded')));
    await fire('works');
    await ended;
    expect(ours()).toHaveLength(1);
  });

  it('has one line for what has no stack', async () => {
    const { fire, lines, ours } = await boot({ colors: false });
    await fire('throws text');
    await eventually(() => ours().length === 2);
    expect(lines.slice(lines.indexOf(ours()[1] ?? ''))).toEqual([expect.stringMatching(/: only text\s*$/)]);
  });
});

describe('the log in JSON', () => {
  const records = (lines: string[]) => lines.map(line => JSON.parse(line) as Record<string, object>);

  it('has one record for an event, with its facts as fields', async () => {
    const { fire, ours, pod } = await boot({ json: true });
    await fire('fails');
    await eventually(() => ours().length === 2);
    expect(records(ours())).toMatchObject([
      { level: 'log', params: { event: 'leader.elected', pod, token: expect.any(Number) } },
      {
        level: 'error',
        message: expect.stringContaining('Job fails failed'),
        context: 'LeaderSchedule',
        stack: expect.stringContaining('log.spec.ts'),
        params: {
          event: 'job.failed',
          pod,
          job: 'fails',
          tick: expect.stringMatching(/^20.*Z$/),
          runId: expect.any(String),
          token: expect.any(Number),
          attempt: 1,
          outcome: 'failed',
          error: 'no paper',
        },
      },
    ]);
  });

  it('has them on the record itself by option', async () => {
    const { fire, ours, pod } = await boot({ json: true, flattenParams: true });
    await fire('retries');
    await eventually(() => ours().length === 2);
    expect(records(ours())[1]).toMatchObject({
      level: 'warn',
      event: 'job.retrying',
      pod,
      job: 'retries',
      attempt: 1,
      delayMs: expect.any(Number),
      error: 'not yet',
    });
  });

  it('has them in colour, too', async () => {
    const { fire, ours } = await boot({ json: true, colors: true, breakLength: Infinity });
    await fire('fails');
    await eventually(() => ours().length === 2);
    expect(ours()[1]).toMatch(/params.*job.*fails/);
  });
});
