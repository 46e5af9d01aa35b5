/**
 * One worker of the simulator: `node worker.mjs <folder of the compilation>`. It receives requests over IPC, one at a
 * time, and answers each.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Errors are made by the thousand, and their stacks are never read; a replay in the main process has them.
Error.stackTraceLimit = 0;

/** @param {string} file */
const load = file => import(pathToFileURL(join(process.argv[2] ?? '', 'test/simulation', file)).href);

const { runSeed } = await load('run-seed.js');
const { shrink } = await load('shrink.js');

process.on('message', (/** @type {any} */ order) => void answer(order).then(reply => process.send?.(reply)));

process.send?.({ kind: 'ready' });

/** @param {any} order */
async function answer(order) {
  if (order.kind === 'shrink') return { kind: 'shrunk', scenario: await shrink(order.scenario, order.rule) };
  const verdicts = [];
  for (let seed = order.from; seed < order.to; seed += 1) {
    const { violations, counters, scenario } = await runSeed(seed, order.wishes);
    verdicts.push({ seed, violations, counters, ...(violations.length > 0 && { scenario }) });
    if (order.stopsAtFirst === true && violations.length > 0) break;
    // Deferred work of the runtime (finalizers, messages) gets its turn.
    await new Promise(resolve => setImmediate(resolve));
  }
  return { kind: 'verdicts', verdicts };
}
