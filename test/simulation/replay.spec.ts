import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { mutants } from './mutants/index.mjs';
import { replayOf } from './replay.mjs';
import { scenarioOf } from './scenario.js';

const SIMULATE = 'node test/simulation/simulate.mjs';
const MUTANT = 'finish-of-a-stale-run';
const BROKEN = 'what has run is recorded';
/** Other than what the mutant wishes, and than the default. */
const WISHES = '{"jobSets":"update","job":{"cron":"*/3 * * * * *"}}';
const SEVERAL_PROCESSES_MS = 180_000;

/** Runs a command as a developer does: pasted into a shell. */
function shell(command: string, input = '') {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', input });
  const commands = stdout.match(/^.*node test\/simulation\/.*$/gm) ?? [];
  const replays = commands.map(line => line.slice(line.indexOf('node ')));
  return { status, stdout, stderr, replays, rules: rulesIn(stdout) };
}

const rulesIn = (output: string) =>
  [...output.matchAll(/^ {2}[\d.]+ s {2}(.+?): (?=\S+ )/gm)].map(([, rule]) => rule);

describe('the commands that are printed after a failure', () => {
  it(
    'replay a mutant alone, and its shortened scenario',
    () => {
      const hunt = shell(`${SIMULATE} --mutant ${MUTANT}`);
      expect(hunt).toMatchObject({ status: 0, stderr: '' });
      expect(hunt.replays).toHaveLength(1);

      const replay = shell(hunt.replays.join('\n'));
      expect(replay).toMatchObject({ status: 1, stderr: '' });
      expect(replay.rules).toContain(BROKEN);
      expect(replay.replays[0]).toBe(hunt.replays[0]);

      const shortened = shell(replay.replays[1] ?? '');
      expect(shortened).toMatchObject({ status: 1, stderr: '' });
      expect(shortened.rules).toContain(BROKEN);
    },
    SEVERAL_PROCESSES_MS,
  );

  it(
    'replay what was wished for, and for how long faults went on',
    () => {
      const many = shell(
        `${SIMULATE} --mutant ${MUTANT} --wishes '${WISHES}' --seconds 30 --seeds 20 --workers 1`,
      );
      expect(many).toMatchObject({ status: 1, stderr: '' });
      expect(many.replays[0]).toContain(`--wishes '${WISHES}'`);

      const [seed, scenario] = many.replays.map(command => shell(command));
      expect(seed).toMatchObject({ status: 1, stderr: '', rules: many.rules, replays: many.replays });
      expect(scenario).toMatchObject({ status: 1, stderr: '' });
      expect(scenario?.rules).toContain(many.rules[0]);
    },
    SEVERAL_PROCESSES_MS,
  );
});

describe('a replay', () => {
  it('keeps each option that a scenario follows from, and no other', () => {
    const given = { seeds: '9', from: '1', seconds: '50', workers: '2', wishes: '{}', trace: true };
    expect(replayOf(given, { seed: '7' })).toBe(`${SIMULATE} --seconds 50 --seed 7`);
    expect(replayOf({ ...given, mutant: 'm', 'wishes-of': 'n' }, { seed: '7' })).toBe(
      `${SIMULATE} --seconds 50 --mutant m --wishes-of n --seed 7`,
    );
    expect(replayOf({ ...given, mutant: 'm', 'wishes-of': 'n' }, { scenario: '{}' })).toBe(
      `${SIMULATE} --mutant m --scenario '{}'`,
    );
  });

  it('quotes for a shell', () => {
    const text = `{"a":"it's $HOME \`x\` \\\\"}`;
    const command = replayOf({}, { scenario: text }).replace(/^.*--scenario /, 'printf %s ');
    expect(shell(command).stdout).toBe(text);
  });

  it('has the whole scenario in JSON', () => {
    for (const { wishes = {} } of [{}, ...mutants])
      for (let seed = 1; seed <= 12; seed += 1) {
        const scenario = scenarioOf(seed, { faultsForMs: 40_000, ...wishes });
        expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
      }
  });
});

it(
  'reads a scenario from an argument, a file and stdin',
  () => {
    const scenario = JSON.stringify(scenarioOf(3, { faultsForMs: 5000 }));
    const folder = mkdtempSync(join(tmpdir(), 'leader-schedule-scenario-'));
    const file = join(folder, 'scenario.json');
    writeFileSync(file, scenario);
    const asked = [shell(replayOf({}, { scenario })), shell(`${SIMULATE} --scenario ${file}`)];
    const outputs = [...asked, shell(`${SIMULATE} --scenario -`, scenario)].map(({ stdout }) => stdout);
    rmSync(folder, { recursive: true });
    expect(outputs[0]).toContain('seed 3: every rule holds');
    expect(new Set(outputs).size).toBe(1);
  },
  SEVERAL_PROCESSES_MS,
);
