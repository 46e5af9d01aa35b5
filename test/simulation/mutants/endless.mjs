const ENDLESS = { jobWorld: 'endless' };

/**
 * Ways to break what becomes of handlers that never end.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const endlessMutants = [
  {
    name: 'timeout-never-comes',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [{ find: 'clock.timer(timeoutMs,', replace: 'clock.timer(Infinity,' }],
    wishes: { ...ENDLESS, faults: ['stop'] },
  },
  {
    name: 'ignored-signal-without-end',
    file: 'lib/engine/runs/attempt-result.ts',
    changes: [{ find: 'const ABORT_GRACE_MS = 5000;', replace: 'const ABORT_GRACE_MS = 5_000_000;' }],
    wishes: { ...ENDLESS, faults: ['stop'] },
  },
  {
    name: 'given-up-without-grace',
    file: 'lib/engine/runs/attempt-result.ts',
    changes: [{ find: 'const ABORT_GRACE_MS = 5000;', replace: 'const ABORT_GRACE_MS = 500;' }],
    wishes: { ...ENDLESS, faults: ['stop'] },
  },
  {
    name: 'attempt-beside-one-that-goes-on',
    file: 'lib/engine/runs/attempt-result.ts',
    changes: [{ find: 'const isFinal = result === undefined;', replace: 'const isFinal = false;' }],
    wishes: { ...ENDLESS, faults: ['stop'] },
  },
  {
    name: 'given-up-run-goes-on-for-its-pod',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      {
        find: 'this.atWork.add(name, -1);',
        replace: "if (ended.result.outcome !== 'timed-out') this.atWork.add(name, -1);",
      },
    ],
    wishes: { ...ENDLESS, faults: ['stop'], job: { overlap: 'skip' } },
  },
  {
    name: 'run-holds-up-other-jobs',
    file: 'lib/engine/runs/counter.ts',
    changes: [
      {
        find: '  add(name: string, by: 1 | -1): void {',
        replace:
          '  override has(): boolean {\n    return this.size > 0;\n  }\n\n  add(name: string, by: 1 | -1): void {',
      },
    ],
    wishes: { ...ENDLESS, faults: [], job: { overlap: 'skip', jitterMs: 0 } },
  },
  {
    name: 'shutdown-waits-for-handlers',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      { find: 'await settlesWithin(clock, timeoutMs, this.settled());', replace: 'await this.settled();' },
    ],
    wishes: { ...ENDLESS, faults: ['stop'] },
  },
  {
    name: 'shutdown-notifies-no-run',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [{ find: 'for (const life of this.lives.values()) life.abort(shutdownError());', replace: '' }],
    wishes: { ...ENDLESS, faults: ['stop'] },
  },
];
