/**
 * `npm run check:types [-- --fast]`: compiles a user of every subpath against the packed declarations, with each supported
 * TypeScript and way to resolve modules, beside Nest 11 and Nest 12, and the root alone beside no optional package.
 * `skipLibCheck` is off; an error in the user or in our declarations fails. `--fast`: a few cells, for CI. Packages are
 * installed once into `.build/declarations`.
 */
import { projectRoot } from '../support/setup/project-root.mjs';
import { join } from 'node:path';

import { errorsIn } from './errors-in.mjs';
import { prepare } from './prepare.mjs';

const isFast = process.argv.includes('--fast');
const TYPESCRIPTS = ['5.7', '5.8', '5.9', '6.0'];
/** The user's file says of which format it is. */
const RESOLUTIONS = /** @type {const} */ ([
  { resolution: 'node10', module: 'commonjs', user: 'user.ts' },
  { resolution: 'node16', module: 'node16', user: 'user.cts' },
  { resolution: 'node16', module: 'node16', user: 'user.mts' },
  { resolution: 'nodenext', module: 'nodenext', user: 'user.cts' },
  { resolution: 'nodenext', module: 'nodenext', user: 'user.mts' },
  { resolution: 'bundler', module: 'esnext', user: 'user.ts' },
]);
const SETS = ['nest-11', 'nest-12', 'no-optional-packages'];

const FAST = [
  '5.7 nest-11 node10 user.ts',
  '5.7 nest-11 nodenext user.cts',
  '5.7 no-optional-packages nodenext user.cts',
  '6.0 nest-12 nodenext user.mts',
  '6.0 nest-12 bundler user.ts',
];

const folder = join(projectRoot, '.build/declarations');
prepare(folder);
assertThatErrorsAreFound();
let passed = 0;
let failed = 0;
for (const version of TYPESCRIPTS)
  for (const set of SETS)
    for (const cell of RESOLUTIONS) if (isWanted(version, set, cell)) check(version, set, cell);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;

/** Declarations that name a package that is not installed, and a wrong use. */
function assertThatErrorsAreFound() {
  const { ours } = errorsIn(folder, '5.7', 'no-optional-packages', {
    resolution: 'nodenext',
    module: 'nodenext',
    user: 'wrong.cts',
  });
  const expected = ['dist/cjs/health/', 'wrong.cts:'];
  const missing = expected.filter(path => !ours.some(error => error.includes(path)));
  if (missing.length > 0) throw new Error(`No error was found in ${missing.join(', ')}, where there is one`);
}

/**
 * @param {string} version
 * @param {string} set
 * @param {typeof RESOLUTIONS[number]} cell
 */
function isWanted(version, set, cell) {
  const { resolution, user } = cell;
  return isFast ? FAST.includes(`${version} ${set} ${resolution} ${user}`) : isPossible(version, set, cell);
}

/**
 * Nest 12 is published as ES modules, which CommonJS files can import under `nodenext` since TypeScript 5.8 and never
 * under `node16`; `node10` does not resolve its packages.
 *
 * @param {string} version
 * @param {string} set
 * @param {typeof RESOLUTIONS[number]} cell
 */
function isPossible(version, set, { resolution, user }) {
  if (set !== 'nest-12') return true;
  if (resolution === 'node10') return false;
  return user !== 'user.cts' || (resolution === 'nodenext' && version !== '5.7');
}

/**
 * @param {string} version
 * @param {string} set
 * @param {typeof RESOLUTIONS[number]} cell
 */
function check(version, set, cell) {
  const { ours, others } = errorsIn(folder, version, set, cell);
  const verdict = ours.length === 0 ? 'ok' : 'FAILED';
  const beside = others > 0 ? ` (${others} errors in other packages)` : '';
  console.log(`TypeScript ${version}, ${set}, ${cell.resolution}, ${cell.user}: ${verdict}${beside}`);
  for (const error of ours) console.error(`  ${error}`);
  if (ours.length === 0) passed += 1;
  else failed += 1;
}
