/*
 * The path of a tick: which functions of lib/core and lib/engine are called from the wake-up of a job to the recorded end
 * of one successful run, in RAM mode, without retries and jitter. Counted by V8's precise coverage in the compiled modules.
 *
 *   node test/support/tick-path/tick-path.mjs [--json] [folder of a checkout with a build]
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Session } from 'node:inspector/promises';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The coverage starts this long before the wake-up, ms. */
const LEAD_MS = 150;
/** The end of a run is recorded this long after its handler has returned, at the latest, ms. */
const SETTLE_MS = 100;
/** The arithmetic of a schedule: it says when the next tick is, and knows nothing of its life. */
const IS_ARITHMETIC = /^core\/(schedule\/)?(cron|interval)-/;

const folder = resolve(process.argv.slice(2).find(argument => !argument.startsWith('--')) ?? '.');
/** The modules before they are joined; builds before 0.6 have them in `dist`. */
const modules =
  ['.build/modules', 'dist'].map(name => join(folder, name)).find(path => existsSync(path)) ?? folder;
const require = createRequire(join(folder, 'package.json'));
/** @param {string} name */
const load = name => import(pathToFileURL(require.resolve(name)).href);

const functions = await functionsOfOneTick();
if (process.argv.includes('--json')) console.log(JSON.stringify(functions));
else print(functions);

async function functionsOfOneTick() {
  await load('reflect-metadata');
  const { NestFactory } = await load('@nestjs/core');
  const { ScheduleModule, ScheduleService } = await import(pathToFileURL(join(modules, 'index.js')).href);
  class App {}
  const imports = [ScheduleModule.forRoot({ mode: 'ram' })];
  const app = await NestFactory.createApplicationContext({ module: App, imports }, { logger: false });
  /** @type {() => void} */
  let onReturned = () => undefined;
  const returned = () => new Promise(done => (onReturned = () => done(undefined)));
  app.get(ScheduleService).create('ticks', '* * * * * *', async () => {
    await sleep(1);
    onReturned();
  });
  await returned();
  await sleep(1000 - LEAD_MS - (Date.now() % 1000));
  const called = await coverageOf(returned);
  await app.close();
  return called;
}

/**
 * The functions of core and engine that are called until a promise resolves, and a moment longer.
 *
 * @param {() => Promise<unknown>} wait
 */
async function coverageOf(wait) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  await wait();
  await sleep(SETTLE_MS);
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  return result.filter(({ url }) => /\/(dist|modules)\/(core|engine)\//.test(url)).flatMap(calledIn);
}

/** @param {import('node:inspector').Profiler.ScriptCoverage} script */
function calledIn({ url, functions: covered }) {
  const path = fileURLToPath(url);
  const text = readFileSync(path, 'utf8');
  return covered
    .filter(({ ranges: [whole] }) => whole !== undefined && whole.count > 0)
    .map(({ functionName, ranges: [whole] }) => {
      const from = whole?.startOffset ?? 0;
      const source = text.slice(from, whole?.endOffset);
      return {
        file: relative(modules, path).replace(/\.js$/, '.ts'),
        line: text.slice(0, from).split('\n').length,
        name: functionName || '(anonymous)',
        isArithmetic: IS_ARITHMETIC.test(relative(modules, path)),
        isClosure: /^(async\s*)?(\([^)]*\)|[\w$]+|\(\{[^}]*\}\))\s*=>/.test(source),
        calls: whole?.count ?? 0,
      };
    });
}

/** @param {Awaited<ReturnType<typeof coverageOf>>} called */
function print(called) {
  const files = [...new Set(called.map(({ file }) => file))];
  for (const file of files) {
    console.log(file);
    for (const { name, line, isClosure, calls } of called.filter(one => one.file === file))
      console.log(`  ${name}${isClosure ? ' (closure)' : ''}, line ${line}, called ${calls} times`);
  }
  console.log(`all: ${counts(called)}`);
  console.log(
    `besides the arithmetic of the schedule: ${counts(called.filter(({ isArithmetic }) => !isArithmetic))}`,
  );
}

/** @param {Awaited<ReturnType<typeof coverageOf>>} called */
function counts(called) {
  const closures = called.filter(({ isClosure }) => isClosure).length;
  const files = new Set(called.map(({ file }) => file)).size;
  return `${called.length} functions, ${closures} of them closures, in ${files} files`;
}
