import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const workerFile = fileURLToPath(new URL('./worker.mjs', import.meta.url));
const MOST_SEEDS_AN_ORDER = 5;

/**
 * The result of a seed; the scenario comes with failures only.
 *
 * @typedef {object} Verdict
 * @property {number} seed
 * @property {readonly { rule: string, atMs: number, what: string }[]} violations
 * @property {Record<string, any>} counters
 * @property {any} [scenario]
 */

/**
 * Runs seeds on worker processes until all are done or `onVerdict` answers false.
 *
 * @param {object} order
 * @param {string} order.folder of the compilation
 * @param {number} order.from
 * @param {number} order.seeds
 * @param {number} order.workers
 * @param {object} order.wishes
 * @param {boolean} [order.stopsAtFirst] whether a worker goes no further than the first seed that breaks a rule
 * @param {(verdict: Verdict) => boolean} onVerdict whether to go on
 */
export async function runSeeds({ folder, from, seeds, workers, wishes, stopsAtFirst }, onVerdict) {
  let next = from;
  const end = from + seeds;
  let goesOn = true;
  const work = async () => {
    const worker = await startWorker(folder);
    try {
      while (goesOn && next < end) {
        const first = next;
        // Fewer towards the end, so that no worker is left with many when the others have finished.
        next += Math.min(MOST_SEEDS_AN_ORDER, Math.ceil((end - next) / (4 * workers)));
        const { verdicts } = await worker.ask({ kind: 'seeds', from: first, to: next, wishes, stopsAtFirst });
        for (const verdict of verdicts) goesOn &&= onVerdict(verdict);
      }
    } finally {
      worker.end();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/**
 * Makes a failing scenario smaller.
 *
 * @param {string} folder
 * @param {object} scenario
 * @param {string} rule
 */
export async function shrinkScenario(folder, scenario, rule) {
  const worker = await startWorker(folder);
  try {
    return (await worker.ask({ kind: 'shrink', scenario, rule })).scenario;
  } finally {
    worker.end();
  }
}

/**
 * @typedef {object} SeedWorker
 * @property {(order: object) => Promise<any>} ask one order at a time
 * @property {() => void} end
 */

/**
 * @param {string} folder
 * @returns {Promise<SeedWorker>}
 */
export async function startWorker(folder) {
  const child = fork(workerFile, [folder], {
    execArgv: ['--max-semi-space-size=32', '--no-warnings'],
    serialization: 'advanced',
  });
  const answer = () =>
    new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code, signal) =>
        reject(new Error(`A worker ended with ${signal ?? `code ${code}`}`)),
      );
    });
  await answer();
  return {
    /** @param {object} order @returns {Promise<any>} */
    ask: order => {
      child.removeAllListeners('exit');
      const answered = answer();
      child.send(order);
      return answered;
    },
    end: () => {
      child.removeAllListeners('exit');
      child.kill();
    },
  };
}
