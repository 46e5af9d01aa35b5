import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from '@jest/globals';

const APPLICATIONS = 20;

it('closes while TLS is refused: no error of a socket ends the process', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    'test/support/tls-refused.mjs',
    '.',
    String(APPLICATIONS),
  ]);
  expect(stderr).toBe('');
  expect(stdout).toBe(`closed ${APPLICATIONS}, by TLS\n`);
}, 60_000);
