import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
};

const HEAD = `import { applyDecorators } from '@nestjs/common';
import { LeaderCron, LeaderInterval, LeaderTimeout, OnLeaderElected, OnLeaderLost, type JobContext, type LeadershipLoss, type Term } from 'nestjs-leader-schedule';
class Settings { constructor(readonly everyMs: number) {} cron() { return '@daily'; } }
void Settings;
`;

const MEMBERS: readonly (readonly [member: string, isAccepted: boolean])[] = [
  [`@LeaderCron('@daily') run() {}`, true],
  [`@LeaderCron('@daily') async run(context: JobContext) { await context.job; }`, true],
  [`@LeaderCron('@daily') run(context?: JobContext) { return context?.job; }`, true],
  [`@LeaderCron('@daily') run({ job }: { readonly job: string }) { return job; }`, true],
  [`@LeaderCron('@daily') private run(context: unknown) { return context; }`, true],
  [`@LeaderInterval('5s') @LeaderTimeout('5s') run({ tick }: JobContext) { return tick; }`, true],
  [`@applyDecorators(LeaderCron('@daily'), OnLeaderLost()) run() {}`, true],
  [`@OnLeaderElected() run(term: Term) { return term; }`, true],
  [`@OnLeaderElected() @OnLeaderLost() run(given: Term | LeadershipLoss) { return given; }`, true],
  [`@LeaderCron(({ get }) => get(Settings).cron()) run() {}`, true],
  [`@LeaderCron(({ get }) => get<Settings>('SETTINGS').cron(), { name: 'job' }) run() {}`, true],
  [
    `@LeaderCron('@daily', { timeout: ({ get }) => get(Settings).everyMs, disabled: ({ config }) => config.get('off') }) run() {}`,
    true,
  ],
  [
    `@LeaderCron('@daily', { retry: { attempts: ({ get }) => get(Settings).everyMs }, history: () => false }) run() {}`,
    true,
  ],
  [`@LeaderInterval(({ get }) => get(Settings).everyMs, { timeZone: 'UTC' }) run() {}`, false],
  [`@LeaderInterval(({ get }) => get(Settings).everyMs) run() {}`, true],
  [`@LeaderTimeout(({ get }) => get(Settings).cron(), { overlap: () => 'allow' }) run() {}`, true],
  [`@LeaderCron(async () => '@daily') run() {}`, false],
  [`@LeaderCron('@daily', { timeout: async () => '5s' }) run() {}`, false],
  [`@LeaderCron('@daily', { overlap: () => 'never' }) run() {}`, false],
  [`@LeaderCron('@daily', { disabled: ({ get }) => get(Settings).cron() }) run() {}`, false],
  [`@LeaderInterval('poll', 1000) run() {}`, true],
  [`@LeaderInterval(1000) run() {}`, true],
  [`@LeaderInterval('poll', '10s', { overlap: 'allow' }) run() {}`, true],
  [`@LeaderTimeout('warm-up', 1000) run() {}`, true],
  [`@LeaderTimeout('warm-up', ({ get }) => get(Settings).everyMs) run() {}`, true],
  [`@LeaderInterval('poll', 1000, { name: 'poll' }) run() {}`, false],
  [`@LeaderInterval(1000, 1000) run() {}`, false],
  [`@LeaderCron('@daily') run(limit = 100) { return limit; }`, false],
  [`@LeaderCron('@daily') run(limit?: number) { return limit; }`, false],
  [`@LeaderInterval('5s') run(id: string) { return id; }`, false],
  [`@LeaderTimeout('5s') run({ job }: JobContext, more: string) { return job + more; }`, false],
  [`@LeaderCron('@daily') get run() { return 1; }`, false],
  [`@OnLeaderElected() run(limit = 100) { return limit; }`, false],
  [`@OnLeaderLost() run(term: Term) { return term; }`, false],
];

/** The members that do not compile, by their numbers. */
function refused(): ReadonlySet<number> {
  const folder = mkdtempSync(join(process.cwd(), '.build-types-'));
  try {
    const files = MEMBERS.map(([member], index) => {
      const file = join(folder, `m${index}.ts`);
      writeFileSync(file, `${HEAD}export class Jobs {\n  ${member}\n}\nvoid applyDecorators;\n`);
      return file;
    });
    const found = ts.getPreEmitDiagnostics(ts.createProgram(files, OPTIONS));
    return new Set(found.map(({ file }) => files.indexOf(file?.fileName ?? '')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the types of the decorators', () => {
  const numbers = refused();

  it.each(MEMBERS)('%s compiles: %p', (member, isAccepted) => {
    const index = MEMBERS.findIndex(([one]) => one === member);
    expect(numbers.has(index)).toBe(!isAccepted);
  });
});
