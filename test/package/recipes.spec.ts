import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll } from '@jest/globals';

import { writeSnippets } from '../support/documented-snippets.js';

/* The page on testing shows tests: they are declared here as they stand there, and run. */
const { folder, remove } = writeSnippets('docs/testing.md');

afterAll(remove);

for (const file of readdirSync(folder).filter(name => name.endsWith('_spec.ts')))
  await import(join(folder, file));
