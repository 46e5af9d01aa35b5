import { createRequire } from 'node:module';
import vm from 'node:vm';

/** The declared types do not fit an import. @type {typeof import('jest-runner').default} */
const TestRunner = createRequire(import.meta.url)('jest-runner').default;

const FLAGS = '--experimental-vm-modules --no-warnings';

/**
 * Lets `npx jest` load ES modules without a flag: Nest 12 is published as ES modules only, and jest loads those only if
 * node has a flag. A running process cannot set its own flags, but its workers get them. So all specs run in workers,
 * also a single one, unless this process has the flag.
 */
export default class EsmRunner extends TestRunner {
  /**
   * @param {import('jest-runner').Test[]} tests
   * @param {import('jest-runner').TestWatcher} watcher
   * @param {import('jest-runner').TestRunnerOptions} options
   * @override
   */
  runTests(tests, watcher, options) {
    if ('SourceTextModule' in vm) return super.runTests(tests, watcher, options);
    const { NODE_OPTIONS = '' } = process.env;
    if (!NODE_OPTIONS.includes(FLAGS)) process.env.NODE_OPTIONS = `${NODE_OPTIONS} ${FLAGS}`.trim();
    return super.runTests(tests, watcher, { ...options, serial: false });
  }
}
