/**
 * `npm test`: installs the packages and the Redis that the tests need, then runs jest, which builds the package if a
 * spec uses it. Arguments after `--` go to jest: `npm test -- unit` runs the specs whose path contains "unit".
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ensureModules } from './ensure-modules.mjs';
import { ensureNode } from './ensure-node.mjs';
import { ensureRedis } from './ensure-redis.mjs';
import { projectRoot } from './project-root.mjs';

try {
  ensureNode();
  ensureModules();
  const redis = ensureRedis({ install: true, allowUrl: true });
  runJest(redis);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @param {import('./ensure-redis.mjs').RedisSource} redis */
function runJest(redis) {
  const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...process.env, TEST_REDIS: JSON.stringify(redis) },
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => jest.kill(signal));
  jest.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
}
