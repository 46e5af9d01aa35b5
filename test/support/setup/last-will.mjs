import { spawn } from 'node:child_process';

/**
 * Has a shell run `script` as soon as this process is gone, however it ended (SIGKILL included): the way to
 * leave no child behind. The script finds `args` in "$1", "$2", ...
 *
 * A shell waits on a pipe that only this process holds; the kernel closes it at our death. The shell has a
 * session of its own, so that a Ctrl-C at the terminal does not end it first.
 *
 * @param {string} script
 * @param {...string} args
 * @returns {{ revoke(): void }} `revoke` calls it off, once the child has gone by itself
 */
export function lastWill(script, ...args) {
  const executor = spawn('sh', ['-c', `read -r _; ${script}`, 'last-will', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  executor.on('error', () => {});
  executor.stdin.on('error', () => {});
  executor.unref();
  // A pipe to a child is a socket, which the declared type hides; it must not keep this process alive either.
  /** @type {import('node:net').Socket} */ (executor.stdin).unref();
  return { revoke: () => void executor.kill('SIGKILL') };
}
