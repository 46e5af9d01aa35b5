import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';

const lastWill = new URL('../../support/setup/last-will.mjs', import.meta.url).href;

describe('lastWill', () => {
  let folder: string;
  let testator: ChildProcess | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'last-will-'));
  });
  afterEach(async () => {
    testator?.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  /** Starts a process that makes its will and then does `next`; resolves when it has said so. */
  async function start(next: string): Promise<ChildProcess> {
    const script = `
      import { lastWill } from ${JSON.stringify(lastWill)};
      const will = lastWill('touch "$1"', ${JSON.stringify(join(folder, 'done'))});
      console.log('made');
      ${next}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    testator = child;
    await once(child.stdout, 'data');
    return child;
  }

  const isExecuted = () => existsSync(join(folder, 'done'));

  test('is executed after a SIGKILL, and not before', async () => {
    const child = await start('setInterval(() => {}, 1_000);');
    expect(isExecuted()).toBe(false);
    child.kill('SIGKILL');
    await eventually(isExecuted, { what: 'the will is executed' });
  });

  test('is executed after an ordinary exit, which it does not delay', async () => {
    const child = await start('');
    if (child.exitCode === null) await once(child, 'exit');
    await eventually(isExecuted, { what: 'the will is executed' });
  });

  test('is forgotten once revoked', async () => {
    const child = await start(`
      will.revoke();
      lastWill('touch "$1"', ${JSON.stringify(join(folder, 'another'))});`);
    if (child.exitCode === null) await once(child, 'exit');
    await eventually(() => existsSync(join(folder, 'another')), { what: 'the other will is executed' });
    expect(isExecuted()).toBe(false);
  });
});
