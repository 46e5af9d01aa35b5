import { Injectable, Module, type Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';

import { LeaderCron, LeaderInterval, ScheduleModule } from '../../../../lib/index.js';
import { RAM, useApps } from '../support/use-apps.js';

const boot = useApps();

const NEVER = '0 0 0 29 2 *';

/** A class of this name with two jobs, at `run` and `poll`. */
function jobsClass(name: string, runName?: string): Type {
  const holder = {
    [name]: class {
      run() {}
      poll() {}
    },
  };
  const type = holder[name] as Type;
  decorate(type, 'run', LeaderCron(NEVER, runName === undefined ? {} : { name: runName }));
  decorate(type, 'poll', LeaderInterval('1h'));
  return Injectable()(type) ?? type;
}

function decorate(type: Type, key: string, decorator: ReturnType<typeof LeaderCron>): void {
  const prototype = type.prototype as object;
  decorator(prototype, key, Object.getOwnPropertyDescriptor(prototype, key) ?? {});
}

function moduleOf(name: string, ...providers: Type[]): Type {
  const holder = { [name]: class {} };
  const type = holder[name] as Type;
  Module({ providers })(type);
  return type;
}

const refusal = (...imports: Type[]): Promise<unknown> =>
  boot({ imports: [ScheduleModule.forRoot(RAM), ...imports] }).then(
    () => new Error('it booted'),
    (error: unknown) => error,
  );

describe('names of several jobs', () => {
  it('are refused in one error that lists all of them', async () => {
    const [billing, stock] = [jobsClass('Jobs'), jobsClass('Jobs')];
    const error = await refusal(moduleOf('BillingModule', billing), moduleOf('StockModule', stock));
    expect(error).toMatchObject({ code: 'DUPLICATE_JOB', received: ['Jobs.run', 'Jobs.poll'] });
    expect(String(error)).toContain('2 names belong to more than one job each');
    for (const name of ['run', 'poll'])
      expect(String(error)).toContain(
        `'Jobs.${name}': Jobs.${name} in BillingModule and Jobs.${name} in StockModule. Give one of them another name`,
      );
  });

  it('of a class that two modules provide are named as such', async () => {
    const jobs = jobsClass('Reports');
    const error = await refusal(moduleOf('BillingModule', jobs), moduleOf('StockModule', jobs));
    expect(error).toMatchObject({ code: 'DUPLICATE_JOB', received: ['Reports.run', 'Reports.poll'] });
    expect(String(error)).toContain(
      "'Reports.run': the class Reports is a provider of BillingModule and StockModule, with an instance for each. " +
        'List the class among the providers of one module, and export it there',
    );
  });

  it('may have both reasons', async () => {
    const jobs = jobsClass('Reports', 'daily');
    const error = await refusal(
      moduleOf('BillingModule', jobs, jobsClass('Other', 'daily')),
      moduleOf('StockModule', jobs),
    );
    expect(error).toMatchObject({ received: ['daily', 'Reports.poll'] });
    expect(String(error)).toContain(
      "'daily': Reports.run in BillingModule, Other.run in BillingModule and Reports.run in StockModule. Give one",
    );
    expect(String(error)).toContain("'Reports.poll': the class Reports is a provider of");
  });

  it('of two decorators on one method are no class that is provided twice', async () => {
    class Twice {
      run() {}
    }
    for (const decorator of [LeaderCron(NEVER), LeaderCron('@daily')]) decorate(Twice, 'run', decorator);
    const error = await refusal(moduleOf('AppModule', Twice));
    expect(error).toMatchObject({ code: 'DUPLICATE_JOB', received: 'Twice.run' });
    expect(String(error)).toContain(
      'Two jobs have one name: Twice.run in AppModule and Twice.run in AppModule (received',
    );
  });
});

describe('names after a class of one or two letters', () => {
  it('are listed in a warning', async () => {
    const { lines } = await boot({
      imports: [ScheduleModule.forRoot(RAM)],
      providers: [jobsClass('c'), jobsClass('Db', 'backup'), jobsClass('Job')],
    });
    const warnings = lines.filter(line => line.includes('named after'));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^warn Jobs are named after classes of at most 2 letters: c\.run, c\.poll, Db\.poll\. /,
      ),
    ]);
  });

  it('are none where every job has a name', async () => {
    const { lines } = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [jobsClass('Job')] });
    expect(lines.filter(line => line.includes('named after'))).toEqual([]);
  });

  it('are counted where there are many', async () => {
    class c {}
    for (let index = 0; index < 30; index += 1) {
      Object.defineProperty(c.prototype, `run${index}`, {
        value: () => 0,
        configurable: true,
        writable: true,
      });
      decorate(c, `run${index}`, LeaderCron(NEVER));
    }
    const { lines } = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [c] });
    expect(lines.find(line => line.includes('named after'))).toMatch(/c\.run19 and 10 more\. A minifier/);
  });
});
