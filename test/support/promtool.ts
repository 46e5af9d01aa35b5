import { spawnSync } from 'node:child_process';

/** Prometheus's own tool for checks; it comes with Debian's package `prometheus`. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** Runs it, and answers with its exit code and what it said. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}
