/**
 * `npm run build`: compiles `lib`, with the Lua scripts inside of the modules, and joins the modules to few files:
 * ES modules in `dist`, and CommonJS modules in `dist/cjs`, which the command line is no part of. The modules themselves
 * stay in `.build/modules`, for benches and tests.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle } from './bundle.mjs';
import { compile, CompileError } from './compile.mjs';
import { copyDeclarations } from './declarations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const modules = join(root, '.build/modules');
/** What `exports` of package.json names, without the extension. */
const ENTRIES = ['index', 'fencing/index', 'health/index', 'metrics/index', 'testing/index'];

for (const folder of [dist, modules]) rmSync(folder, { recursive: true, force: true });
try {
  const bare = compile(root, modules);
  copyDeclarations(modules, ENTRIES, [dist, join(dist, 'cjs')]);
  await bundle({ root, modules, bare, dist, entries: ENTRIES });
} catch (error) {
  rmSync(dist, { recursive: true, force: true });
  if (!(error instanceof CompileError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
