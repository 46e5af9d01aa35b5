/**
 * `npm test`: makes everything ready that the tests need, on a fresh clone too, then runs jest.
 * What follows `--` goes to jest: `npm test -- unit` runs the specs whose path contains "unit".
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureModules } from './ensure-modules.mjs';
import { ensureNode } from './ensure-node.mjs';
import { ensureRedis } from './ensure-redis.mjs';
import { projectRoot } from './project-root.mjs';

try {
  ensureNode();
  ensureModules();
  const redis = ensureRedis({ install: true, allowUrl: true });
  build();
  runJest(redis);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Some specs look at the package as it is published, and the chaos tests run pods as real processes. */
function build() {
  compile('the library', 'node_modules/@nestjs/cli/bin/nest.js', 'build');
  if (existsSync(join(projectRoot, 'test/pods/tsconfig.json'))) {
    compile('the pods of the tests', 'node_modules/typescript/bin/tsc', '-p', 'test/pods');
  }
}

/**
 * @param {string} what
 * @param {...string} command
 */
function compile(what, ...command) {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}\nNo test was run: ${what} could not be compiled.`);
}

/** @param {import('./ensure-redis.mjs').RedisSource} redis */
function runJest(redis) {
  const nodeOptions = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--no-warnings'];
  const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: nodeOptions.filter(Boolean).join(' '),
      TEST_REDIS: JSON.stringify(redis),
    },
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => jest.kill(signal));
  jest.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
}
